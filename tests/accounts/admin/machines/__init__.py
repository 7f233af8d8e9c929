"""Pages about service people, and the clients that act as them."""
