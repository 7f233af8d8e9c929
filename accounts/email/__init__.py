"""Email addresses of people: their one spelling, verification and forms."""
