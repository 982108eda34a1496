"""The few SDP lines that WHIP needs to read: media kinds of an offer, ICE credentials of a fragment (RFC 8840)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hearing.errors import UserError

_UFRAG = re.compile(r"^a=ice-ufrag:([\w+/=-]{4,256})\r?$", re.M | re.A)
_PWD = re.compile(r"^a=ice-pwd:([\w+/=-]{22,256})\r?$", re.M | re.A)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~\w]{1,64}\Z", re.A)


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """Username fragment and password of one side."""

    ufrag: str
    password: str


def media_of(sdp: str) -> list[tuple[str, str]]:
    """(mid, kind) of each m-line that has both, in order."""
    found: list[tuple[str, str]] = []
    kind = ""
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind = line[2:].split(" ", 1)[0]
        elif line.startswith("a=mid:") and kind:
            mid = line[6:].strip()
            if _TOKEN.match(mid):
                found.append((mid, kind))
            kind = ""
    return found


def credentials_of(text: str) -> IceCredentials | None:
    """The first ICE credentials in an SDP or a fragment, or None. Raises UserError `sdp-invalid` for half of them."""
    ufrag, password = _UFRAG.search(text), _PWD.search(text)
    if ufrag is None and password is None:
        return None
    if ufrag is None or password is None:
        raise UserError("sdp-invalid", "ICE 凭证不完整", "ice-ufrag and ice-pwd come together")
    return IceCredentials(ufrag[1], password[1])


def with_credentials(sdp: str, credentials: IceCredentials) -> str:
    """The SDP with all its ICE credentials replaced: the offer of an ICE restart."""
    sdp = _UFRAG.sub(f"a=ice-ufrag:{credentials.ufrag}\r", sdp)
    return _PWD.sub(f"a=ice-pwd:{credentials.password}\r", sdp)


def restart_fragment(answer: str) -> str:
    """Our new credentials and candidates as `application/trickle-ice-sdpfrag` (RFC 9725 4.3.3)."""
    lines: list[str] = []
    media_taken = False
    for line in answer.splitlines():
        if line.startswith("m="):
            if media_taken:
                break
            media_taken = True
            lines.append(line)
        elif line.startswith(("a=ice-ufrag:", "a=ice-pwd:", "a=ice-lite", "a=ice-options:", "a=group:")) or (
            media_taken and line.startswith(("a=mid:", "a=candidate:", "a=end-of-candidates"))
        ):
            lines.append(line)
    return "".join(f"{line}\r\n" for line in lines)
