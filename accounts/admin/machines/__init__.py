"""Service people, the clients that act as them, and what those may do."""
