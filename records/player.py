"""The offline player: one HTML file with style, program and the session's facts inside, opened from file://."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec

from records.summary import Facts

ASSETS = Path(__file__).parent / "assets" / "player"


def write_player(facts: Facts) -> bytes:
    """`data/player/index.html`; media are found relative to it. A policy inside forbids every network access."""
    style = (ASSETS / "player.css").read_text(encoding="utf-8")
    program = (ASSETS / "player.js").read_text(encoding="utf-8")
    # "<" never appears raw in the data, so that nothing in a name can end the element.
    data = msgspec.json.encode(facts).decode().replace("<", "\\u003c")
    page = (ASSETS / "index.html").read_text(encoding="utf-8")
    page = page.replace("{{style-hash}}", _csp_hash(style)).replace("{{program-hash}}", _csp_hash(program))
    # Split rather than replaced in turn: the data may contain any text, a mark too.
    head, rest = page.split("{{style}}")
    middle, rest = rest.split("{{data}}")
    between, tail = rest.split("{{program}}")
    return "".join([head, style, middle, data, between, program, tail]).encode()


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
