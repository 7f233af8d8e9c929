"""OAuth clients: registration, metadata, redirect URIs, and who vouches for them."""
