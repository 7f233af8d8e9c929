"""A small library, as somebody's project might have one: models, REST views, and what it offers to clients."""
