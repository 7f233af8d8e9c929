from members.models import Booking, Member

ada = Member.objects.create_user("ada@site.example", "swordfish-9", clients="hers", consents="hers")
Booking.objects.create(member=ada, court="Court 4")
Member.objects.create_superuser("boss@site.example", "swordfish-9")
