"""Messages between processes, and notifications of changes."""
