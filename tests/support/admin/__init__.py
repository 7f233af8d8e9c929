"""Pages, rows and actions of admin."""
