"""From bytes to a handler and back: both eras' messages, and the statuses and replies that belong to them."""
