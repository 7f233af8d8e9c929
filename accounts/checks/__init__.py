"""System checks for the settings: each has an id, names the problem and says what to do."""

from accounts.checks.startup import refuse_to_start, refuse_unsafe_settings

__all__ = ["refuse_to_start", "refuse_unsafe_settings"]
