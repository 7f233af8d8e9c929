"""Every setting, read once from the environment or `.env`.

docs/settings.md lists what an operator can set. A missing or unsafe value is never an exception here: it is a system
check with an id (`accounts/checks/`), so that `manage.py check` can say what is wrong and how to mend it.
"""

from pathlib import Path

from config import own_apps
from config.settings.database import *
from config.settings.environment import *
from config.settings.environment import BASE_DIR, env
from config.settings.languages import *
from config.settings.limits import *
from config.settings.mcp import *
from config.settings.oauth import *
from config.settings.observability import *
from config.settings.people import *
from config.settings.server import *
from config.settings.web import *

# Settings of the operator's own, in a file that continues this module, so that it can add to what stands here:
# MIDDLEWARE += ["…"].
LOCAL_SETTINGS = Path(env.str("LOCAL_SETTINGS", default="") or BASE_DIR / "local_settings.py")
# A file that is named or exists, and cannot be read, is an error (accounts.E023): the server would ignore its rules.
LOCAL_SETTINGS_UNREAD = (
    bool(env.str("LOCAL_SETTINGS", default="")) or LOCAL_SETTINGS.exists()
) and not own_apps.is_readable(LOCAL_SETTINGS)
if LOCAL_SETTINGS.exists() and not LOCAL_SETTINGS_UNREAD:
    exec(compile(LOCAL_SETTINGS.read_text(), LOCAL_SETTINGS, "exec"))  # noqa: S102 - the operator's own file

# Variables of config/gunicorn.py, which cannot report those that it cannot read.
for _name in ("PORT", "WEB_CONCURRENCY", "THREADS"):
    env.int(_name, default=1)
ENV_PROBLEMS = env.problems  # reported by accounts.E024
