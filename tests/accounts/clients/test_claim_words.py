"""Claims of verification in the names of clients, which are removed (accounts/clients/claim_words.py)."""

import pytest

from accounts.clients.names import cleaned
from tests.support.i18n.lettering import bold, fullwidth


@pytest.mark.parametrize(
    "name",
    [
        *(
            "✔ Claude",
            "✅ Claude",
            "Claude ☑️",
            "Claude 🗸",
            "🔒 Claude",
            "Claude 🔐",
            "🛡️ Claude",
            "⭐⭐⭐⭐⭐ Claude",
            "★ Claude",
        ),
        *("Claude ✔ Verified", "Claude ✔Verified", "✓ Verified Claude", "Claude Verified ✓", "✅ Official: Claude"),
        *("Claude (verified)", "Claude [Official]", "【Verified】 Claude", "Claude \uff08verified\uff09", "Claude (✔)"),
        *("Claude (verified by Anthropic)", "Claude ((verified))", "Claude <official app>", "Claude «trusted»"),
        *(
            "Claude - Verified",
            "Claude — official app",
            "Claude | Verified & Secure",
            "Verified: Claude",
            "Claude, verified",
        ),
        *(
            "Claude *verified*",
            "Claude ~ VERIFIED ~",
            "Claude • Verified by Google",
            "Claude (verified",
            "Claude 🔵 Verified",
        ),
        *(
            f"Claude ({bold('Verified')})",
            "Claude (Ⓥerified)",
            "Claude (vérifiéd)",
            f"Claude ({fullwidth('verified')})",
            "Claude (vérifiéd) ✔ verified",
            "Claude (ver\u200bified)",
        ),
        *(
            "(verіfied) Claude",
            "Claude · verіfied",
            "Claude (νerified)",
            "Claude (ᴠᴇʀɪꜰɪᴇᴅ)",
            "Claude - 0fficiaI",
            "Claude (v3r1f1ed)",
            "Claude (оffісіаl)",
        ),
        *("Claude ᵛᵉʳⁱᶠⁱᵉᵈ", "ᵒᶠᶠⁱᶜⁱᵃˡ Claude", "Claude Ⓥerified", "Claude ⓥⓔⓡⓘⓕⓘⓔⓓ", "Claude ᵥerified"),
        *("Claude _verified_", "_verified_ Claude", "Claude __official__", "_Official_ Claude"),
        *("Claude verified)", "(verified Claude", "Claude verified app]", "Claude 」verified", "verified) Claude"),
        *(
            "Claude (v e r i f i e d)",
            "Claude - v.e.r.i.f.i.e.d",
            "Claude (ver ified)",
            "V E R I F I E D: Claude",
            "Claude ✓ v e r i f i e d",
            "Claude (v-e-r-i-f-i-e-d)",
        ),
        *(
            "Claude (geprüft)",
            "Claude (vérifié)",
            "Claude (проверено)",
            "Claude (已验证)",
            "Claude【官方】",
            "Claude - verificado",
            "Claude (인증됨)",
            "公式: Claude",
            "Claude (geprüft von Google)",
            "Claude | официальный",
        ),
        *("Claude ⓥ", "🟢 Claude", "Claude 👍🏻", "● Claude ●", "🆅 Claude", "Claude ⬤", "🇺🇸 Claude", "Claudeⓥ"),
    ],
)
def test_a_name_loses_a_claim_of_verification_that_stands_apart(name: str) -> None:
    assert cleaned(name) == "Claude"


@pytest.mark.parametrize(
    "name", ["✔", "✔ Verified", "Verified", "(official)", "🔒 Secure 🔒", "Verified • Trusted", "100% official"]
)
def test_a_name_that_is_nothing_but_a_claim_is_none(name: str) -> None:
    assert cleaned(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Claude",
            "Visual Studio Code",
            "Gemini CLI MCP Client",
            "ChatGPT",
            "claude.ai",
            "Node.js",
            "C++ / C# Helper",
        ),
        *(
            "Verified Permissions Explorer",
            "Trusted Shops: Reviews",
            "Secure Shell Client",
            "mcp-server-official",
            "AT&T",
        ),
        *(
            "Bücher & <b>Söhne</b>",
            "Foo (beta)",
            "日本語アプリ",
            "تطبيق",
            "हिन्दी ऐप",
            "ไทยที่",
            "Việt Nam",
            "App 👩💻 Studio",
            "O’Reilly",
        ),
        *(
            "Lock & Key",
            "Star Trek Notes",
            "Claude™",
            "Official Charts",
            "Claude Official?",
            "Acme®",
            "Smile :)",
            "Foo (beta",
            "foo) bar",
        ),
        *(
            "Яндекс",
            "Сбербанк Онлайн",
            "ВКонтакте (бета)",
            "Ελληνική Τράπεζα",
            "微信",
            "支付宝",
            "東京メトロ",
            "네이버",
        ),
        *("X Y Z W", "A.B.C.D Reader", "Wörterbuch: Prüfer", "Проверка орфографии", "Oficina: Agenda", "x" * 255),
    ],
)
def test_an_honest_name_stays_as_it_is(name: str) -> None:
    assert cleaned(name) == name
