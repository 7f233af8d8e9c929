"""Grants whose token request alone authorizes: one class decides, and the server writes the rows."""
