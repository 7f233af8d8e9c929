"""Dates in Arabic, which Django writes in the American order, and times that stay on one line."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "g:i\u00a0A"
DATETIME_FORMAT = "j F Y، g:i\u00a0A"
SHORT_DATETIME_FORMAT = "d\u200f/m\u200f/Y g:i\u00a0A"
