"""Admin of clients: their review, approval, suspension and blocked domains."""
