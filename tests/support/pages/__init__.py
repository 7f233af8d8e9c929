"""Every page for people and of admin: their addresses, and the rows that they show."""
