"""Check of the pages of apps: their templates are rendered."""

from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist

from mcp_api.checks.primitives import message_about
from mcp_api.checks.tag import TAG
from mcp_api.extensions.apps.inlining import MissingStaticFile
from mcp_api.extensions.apps.pages import page_of
from mcp_api.registry import tools as registry
from mcp_api.registry.tools import Tool


@register(TAG)
def check_apps(**kwargs: object) -> list[CheckMessage]:
    """Report pages whose template is not there, or cannot be rendered, or names a static file that is not there."""
    with_page = (tool for tool in registry.tools.values() if tool.app is not None and tool.app.template)
    return [problem for tool in with_page if (problem := problem_of(tool)) is not None]


def problem_of(tool: Tool) -> CheckMessage | None:
    subject = f"The app of {tool.name}"
    try:
        page_of(tool)
    except TemplateDoesNotExist as error:
        hint = "Put it into the folder templates/ of an installed app."
        return message_about(Error, "mcp_api.E030", tool, f"{subject}: there is no template {error}.", hint)
    except MissingStaticFile as error:
        hint = "Put it into the folder static/ of an installed app; in production, run collectstatic."
        return message_about(Error, "mcp_api.E033", tool, f"{subject}: there is no static file {error}.", hint)
    except Exception as error:
        hint = "A template of an app has the variables tool and language, and no request."
        return message_about(Error, "mcp_api.E031", tool, f"{subject} cannot be rendered: {error!r:.300}.", hint)
    return None
