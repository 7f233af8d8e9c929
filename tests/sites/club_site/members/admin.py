"""The site's own admin of its members."""

from django.contrib import admin

from members.models import Booking, Member


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    list_display = ("email", "is_active")
    fields = ("email", "is_active", "groups")


admin.site.register(Booking)
