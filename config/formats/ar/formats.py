"""Dates and times in Arabic: Django writes them in the American order, and lets the time break before its half of the day."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "g:i\u00a0A"
DATETIME_FORMAT = "j F Y، g:i\u00a0A"
SHORT_DATETIME_FORMAT = "d\u200f/m\u200f/Y g:i\u00a0A"
