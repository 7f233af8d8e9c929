"""Device authorization grant (RFC 8628): a device without a browser shows a code, which a person types elsewhere."""
