"""Client metadata (RFC 7591 section 2), as registrations and metadata documents send it."""
