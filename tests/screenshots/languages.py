"""Pictures of each page in several languages, at a desktop's and a phone's width, light and dark.

python -m tests.screenshots.languages [--languages ar,ja,de] [SERIES ...]

`make screenshots-languages ARGS="--languages ar people-sign-in"` writes them into .screenshots/LANGUAGE/.
"""

import argparse
import sys
import traceback

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import PROJECT
from tests.support.database import Template
from tests.support.servers.server import LiveServer

# After tests.conftest, which sets up Django.
from tests.browser.conftest import chromium  # isort: skip
from tests.screenshots import admin_pages, people_pages  # isort: skip
from tests.screenshots.camera import Camera, Series  # isort: skip

FOLDER = PROJECT / ".screenshots"
SETTINGS = {
    "SERVER_NAME": "City Library",
    # Nobody responds at the provider's address.
    "OIDC_ISSUER": "http://127.0.0.1:9",
    "OIDC_CLIENT_ID": "us",
    "OIDC_CLIENT_SECRET": "secret",
    "OIDC_NAME": "Acme",
}
ALL: dict[str, Series] = {**people_pages.SERIES, **admin_pages.SERIES}


def take_in(language: str, names: list[str], browser: Browser, template: Template) -> list[str]:
    """Take the named series in one language from a server of its own; return the names of those that failed."""
    folder = FOLDER / language
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    with LiveServer(template, workers=1, env=SETTINGS) as server:
        server.shell("from tests.browser.grants.rows import make; make()")
        for name in names:
            camera = Camera(browser, server, language, folder)
            try:
                ALL[name](camera)
            except Exception:
                # The others are worth a look nevertheless.
                traceback.print_exc()
                failed.append(f"{language} {name}")
            finally:
                camera.close()
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], metavar="SERIES", help=", ".join(ALL))
    parser.add_argument("--languages", default="ar,ja,de", help="codes, with commas between them")
    options = parser.parse_args()
    failed: list[str] = []
    with Template() as template, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for language in options.languages.split(","):
            failed += take_in(language, options.names or list(ALL), browser, template)
        browser.close()
    sys.exit(f"Failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
