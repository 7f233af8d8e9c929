"""Revocation: the one way to end authorizations, and deletion of people and clients with everything of theirs."""
