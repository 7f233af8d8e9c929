"""Passkeys and security keys: adding one in one step, signing in, and names."""
