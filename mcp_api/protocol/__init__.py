"""The protocol: messages of both eras, the table of methods, limits of inputs, and errors."""
