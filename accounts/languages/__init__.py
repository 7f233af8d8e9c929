"""The language of pages and mails: which are offered, and which a person and a request have."""
