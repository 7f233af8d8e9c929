"""Pictures of pages: those of the manual, and each page in several languages, to be looked at."""
