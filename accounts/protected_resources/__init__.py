"""Protected resources beside this server's own: which one a request names, secrets, their end."""
