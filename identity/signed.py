"""What requests to the services beside this one (registry, SMS, faces) have in common: https and a signature."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

SIGNATURE = "X-Yunting-Signature"
LEAST_SECRET = 16
_THIS_MACHINE = {"127.0.0.1", "::1"}


def sign(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 of the body, 64 hex digits."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def checked_service(url: str, secret: str) -> tuple[str, bytes]:
    """Address and secret of a service. ValueError: a secret shorter than 16 characters, an address with a password in
    it, or plain HTTP to another machine. The texts repeat neither."""
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret has fewer than {LEAST_SECRET} characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the service's address is none") from None
    if not host or parts.username is not None:
        raise ValueError("the service's address must be https://host/path")
    if parts.scheme != "https" and (parts.scheme != "http" or host not in _THIS_MACHINE):
        raise ValueError("the service must be asked by https")
    return url, secret.encode()
