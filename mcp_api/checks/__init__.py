"""System checks for the declarations of apps. Each has an id, the place of the declaration and a hint."""

from django.core.checks import CheckMessage

from accounts.checks import refuse_to_start
from mcp_api.checks import apps, primitives, server_settings, toolsets, wire_form


def unsilenced_tool_names() -> list[CheckMessage]:
    """Errors of names that only some clients reject: an operator whose clients accept them may silence the check."""
    return [message for message in primitives.check_tool_names() if not message.is_silenced()]


def refuse_wrong_declarations() -> None:
    """Raise ImproperlyConfigured for errors of these checks, so that no server starts without a declared primitive."""
    refuse_to_start(
        (
            primitives.check_declarations,
            primitives.check_types,
            primitives.check_defaults,
            primitives.check_results,
            primitives.check_scopes,
            primitives.check_permissions,
            unsilenced_tool_names,
            primitives.check_result_forms,
            primitives.check_parameter_names,
            primitives.check_schemas,
            apps.check_apps,
            toolsets.check_toolsets,
            wire_form.check_wire_form,
            server_settings.check_server_description,
            server_settings.check_forms,
        )
    )
