"""What requests to the services beside this one (registry, SMS, faces) have in common: https and a signature."""

from __future__ import annotations

import hashlib
import hmac

SIGNATURE = "X-Yunting-Signature"
LEAST_SECRET = 16
_SAFE = ("https://", "http://127.0.0.1:", "http://[::1]:")


def sign(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 of the body, 64 hex digits."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def checked_service(url: str, secret: str) -> tuple[str, bytes]:
    """Address and secret of a service. ValueError: a secret shorter than 16 characters, or plain HTTP to another
    machine."""
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret has fewer than {LEAST_SECRET} characters")
    if not url.startswith(_SAFE):
        raise ValueError("the service must be asked by https")
    return url, secret.encode()
