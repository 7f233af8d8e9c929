"""What apps offer to clients: how it is declared, described, found, opened to some, and run."""
