"""OAuth clients: registration, metadata, redirect URIs, and trust."""
