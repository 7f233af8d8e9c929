"""The addresses of the pages, by who may see them."""

STRANGERS = (
    *("/", "/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/accounts/inactive/"),
    *("/accounts/password/reset/key/0-invalid/", "/accounts/password/reset/key/done/", "/accounts/confirm-email/"),
    *("/accounts/confirm-email/invalid/", "/accounts/2fa/authenticate/", "/admin/login/", "/oauth/authorize"),
    *("/accounts/sso/login/cancelled/", "/accounts/sso/login/error/", "/nowhere", "/admin/nowhere/"),
)
PEOPLE = (
    *("/", "/apps", "/device", "/accounts/email/", "/accounts/password/change/"),
    *("/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/logout/", "/accounts/reauthenticate/", "/nowhere"),
    *("/accounts/sso/", "/oauth/authorize"),
)
# After the person gave their password again.
CONFIRMED = ("/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/")

# Pages of admin that are no list and no form of a row.
ADMIN = (
    *("/admin/", "/admin/auth/", "/admin/oauth_mcp/", "/admin/mcp_api/", "/admin/password_change/", "/admin/nowhere/"),
    *("/admin/oauth_mcp/event/attempts/", "/admin/oauth_mcp/event/activity/?tool=echo"),
    *("/admin/oauth_mcp/client/lookalikes/", "/admin/oauth_mcp/client/add/?machine=1"),
    *("/admin/oauth_mcp/user/support/?q=a", "/admin/oauth_mcp/user/add/?service=1"),
    *("/admin/oauth_mcp/trustedissuer/check/", "/admin/oauth_mcp/trustedissuer/?q=nothing"),
)
# Rows of these are added by the server alone, and some of them can be deleted by hand all the same.
READ_ONLY = (
    *("oauth_mcp/authorization", "oauth_mcp/consent", "oauth_mcp/event", "oauth_mcp/accesstoken", "mcp_api/task"),
    *("oauth_mcp/refreshtoken", "oauth_mcp/grant", "oauth_mcp/signingkey", "mcp_api/policy"),
)
NOT_ADDED = (*READ_ONLY, "account/emailaddress", "mfa/authenticator", "socialaccount/socialaccount")


def of_admin(rows: dict[str, str]) -> list[str]:
    """Return the addresses of admin's pages: those around, each list and form, and the pages of each of `rows`.

    `rows` are primary keys by model, as in addresses: {"oauth_mcp/client": "1"}.
    """
    client, person = rows["oauth_mcp/client"], rows["oauth_mcp/user"]
    return [
        *ADMIN,
        *(f"/admin/{model}/" for model in rows),
        *(f"/admin/{model}/add/" for model in rows if model not in NOT_ADDED),
        *(f"/admin/{model}/{pk}/change/" for model, pk in rows.items()),
        *(f"/admin/{model}/{pk}/delete/" for model, pk in rows.items() if model not in READ_ONLY),
        f"/admin/oauth_mcp/client/{client}/history/",
        f"/admin/oauth_mcp/client/{client}/block/",
        f"/admin/oauth_mcp/user/{person}/password/",
        f"/admin/oauth_mcp/user/support/?person={person}",
        f"/admin/oauth_mcp/user/support/?app={client}",
    ]
