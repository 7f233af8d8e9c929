"""People: sign-in, second factors, connected apps, import."""
