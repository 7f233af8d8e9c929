"""HTTP: the server's and clients' addresses, CORS, and parsers of untrusted JSON and URIs."""
