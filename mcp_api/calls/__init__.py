"""One call on its way: who makes it, what the tool may ask of it, who may make it, and the record of it."""
