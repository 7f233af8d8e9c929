"""Revocation of authorizations, and deletion of people and clients with all their rows."""
