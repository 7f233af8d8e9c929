"""From a message to its handler and back: each kind of message heeded, each call dispatched, run and answered."""
