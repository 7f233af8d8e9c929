"""Policy: which tools, resources and prompts each person and token may use."""
