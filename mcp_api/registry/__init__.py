"""Registry of what apps declare: tools, resources and prompts, with their completions and scopes."""
