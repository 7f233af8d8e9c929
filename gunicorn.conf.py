"""gunicorn reads this by itself where it is started here without -c: what counts is in config/gunicorn.py."""

from config.gunicorn import *  # noqa: F403 - whatever it sets
