"""The page *Activity*: calls, failures and durations of a tool, a client or a person."""
