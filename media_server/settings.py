"""Settings of the media server: plain values; the program fills them from its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from media_server.loudest import LoudestSettings
from media_server.sdp import PREFERRED_AUDIO, PREFERRED_VIDEO
from media_server.stress import Limits
from media_server.turn import TurnSettings


@dataclass(frozen=True, slots=True)
class SfuSettings:
    """See the module text."""

    host: str = "127.0.0.1"
    """Address to bind; "::" for IPv4 and IPv6."""
    port: int = 0
    """UDP port; 0 = any free one (tests). Further data planes take the ports after it."""
    tcp_port: int | None = None
    """ICE-TCP port for clients without UDP; 0 = any free one, None = none. One for each data plane, as above."""
    announced: tuple[str, ...] = ()
    """IP addresses in our answers, best first (behind NAT); empty = `host`."""
    consent_timeout_s: float = 10.0
    max_peers: int = 600
    """Connections of all rooms; one more is refused (`media-full`)."""
    lost_grace_s: float = 30.0
    """A peer that lost consent is kept for so long: its ICE restart finds publications and subscriptions in place."""
    audio_codecs: tuple[str, ...] = PREFERRED_AUDIO
    video_codecs: tuple[str, ...] = PREFERRED_VIDEO
    turn: TurnSettings = field(default_factory=TurnSettings)
    loudest: LoudestSettings = field(default_factory=LoudestSettings)
    limits: Limits | None = None
    """What this node should carry; None = load is measured, and nothing is ever shed."""
