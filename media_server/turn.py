"""Credentials for a TURN server, made per person and for a time: the "REST API" convention that coturn calls
`use-auth-secret` (draft-uberti-behave-turn-rest-00). The secret never leaves the server."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_OURS_BYTES = 9


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """STUN and TURN servers told to pages. With a `secret` the fixed credentials are not used."""

    urls: tuple[str, ...] = ()
    username: str = ""
    credential: str = ""
    secret: str = ""
    """`static-auth-secret` of coturn."""
    lifetime_s: int = 43_200
    """A hearing's day: a page that comes back after it is told new ones."""


def ice_servers(settings: TurnSettings, participant: str, now_s: float) -> Sequence[Mapping[str, object]]:
    """RTCIceServer-shaped entries for this participant; none without `urls`. Pure."""
    if not settings.urls:
        return ()
    username, credential = settings.username, settings.credential
    if settings.secret:
        username, credential = rest_credentials(settings.secret, participant, int(now_s) + settings.lifetime_s)
    return ({"urls": settings.urls, "username": username, "credential": credential},)


def rest_credentials(secret: str, participant: str, expires_s: int) -> tuple[str, str]:
    """User name and password that coturn accepts until `expires_s` (UTC seconds).

    The user name holds a digest of the participant, not the id: TURN servers write user names into their logs.
    """
    mark = hmac.digest(secret.encode(), b"participant " + participant.encode(), hashlib.sha256)[:_OURS_BYTES]
    username = f"{expires_s}:{base64.urlsafe_b64encode(mark).decode()}"
    password = base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()
    return username, password
