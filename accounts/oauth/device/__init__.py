"""Device authorization (RFC 8628): the endpoint for devices, and the page on which a person types the code."""
