"""An OpenID Connect provider that issues ID-JAGs, in an environment of its own."""
