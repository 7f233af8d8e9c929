"""OAuth clients, their documents and an identity provider, as tests play them."""
