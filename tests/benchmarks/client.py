"""The client that the benchmarks sign in with."""

REDIRECT_URI = "http://127.0.0.1/callback"
