"""People: how they sign in, and how they get here."""
