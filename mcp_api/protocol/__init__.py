"""The protocol: messages of both eras, limits of inputs, errors and replies."""
