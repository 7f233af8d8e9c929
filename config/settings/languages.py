"""Languages of pages, in their own names. docs/languages.md explains how a language is chosen and added."""

from config.settings.environment import BASE_DIR, env

LANGUAGES = [
    ("en", "English"),
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ja", "日本語"),
    ("pt-br", "Português (Brasil)"),
    ("zh-hans", "简体中文"),
]
# Of people whose browser asks for no language that is offered.
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", dict(LANGUAGES), default="en")
USE_I18N = True
# Of the pages of config; those of apps are found in the apps.
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
# Times as 2026-11-25 04:40 in English, short enough for a list.
FORMAT_MODULE_PATH = "config.formats"
