from whitenoise.runserver_nostatic.management.commands.runserver import Command as WhiteNoiseRunserver


class Command(WhiteNoiseRunserver):
    """Django's development server, where this project's clients expect it: http://localhost:9000.

    It stands on WhiteNoise's command, which finds the one of staticfiles in its turn: `accounts`
    comes before both in INSTALLED_APPS.
    """

    # "localhost" and not the address: clients compare the name, and people copy what is printed.
    default_addr = "localhost"
    default_port = "9000"
