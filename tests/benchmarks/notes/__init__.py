"""An app as a user writes one: a model, a view set, and tools with the decorator's defaults."""
