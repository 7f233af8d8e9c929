"""One call on its way: who makes it, what the tool may ask of it, how it goes on once it was answered, its record."""
