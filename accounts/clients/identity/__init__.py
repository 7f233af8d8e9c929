"""Identity of a client, as pages show it: its name, its hosts and who vouches for them."""
