"""The page *Support*: a person or an app, with their connections, failures, attempts and actions."""
