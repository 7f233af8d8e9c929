"""gunicorn's workers, and Django's handler for an event loop."""
