"""The model of the people who sign in: settings.AUTH_USER_MODEL, which is `oauth_mcp.User` in this project.

Code that Django loads before that model, such as models and their fields, names settings.AUTH_USER_MODEL instead.
"""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

if TYPE_CHECKING:
    from accounts.models import User
else:
    User = get_user_model()

__all__ = ["User"]
