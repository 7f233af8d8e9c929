"""HTTP: addresses, cross-origin rules, and parsers of untrusted JSON and URIs."""
