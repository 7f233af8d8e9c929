"""Email addresses of people: canonical form, verification and forms."""
