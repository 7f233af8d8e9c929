"""JSON Schemas from signatures, the validation of arguments and results, and content."""
