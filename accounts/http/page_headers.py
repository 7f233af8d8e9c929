"""Security headers of pages."""

# Pages load only what this server serves, without inline scripts and styles. Embedded images and sounds (the QR code
# for an authenticator app, the result of a tool) are `data:`. No form leads to another site:
# accounts/oauth/external_redirect.py returns a person to a client by other means.
CONTENT_SECURITY_POLICY = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "media-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
# No page uses these. Passkeys have a policy of their own, whose default is this site only.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()" for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
