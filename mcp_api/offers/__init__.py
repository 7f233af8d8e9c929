"""What apps offer to clients: how it is declared, described, and told what is wrong with it."""
