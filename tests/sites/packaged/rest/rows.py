from accounts.models import Client, Event, User

ada = User.objects.create_user("ada@site.example", password="swordfish-9", phone="112")
Event.objects.create(title="Concert", user=ada, client=Client.objects.create(name="The band"))
User.objects.create_superuser("boss@site.example", password="swordfish-9")
