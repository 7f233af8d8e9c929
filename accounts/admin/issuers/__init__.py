"""Admin of trusted issuers. Only superusers may change them: an issuer can speak for every person."""
