"""Passkeys of people."""
