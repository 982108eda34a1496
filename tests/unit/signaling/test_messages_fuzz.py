"""Whatever a page sends is a message or a named refusal, and every message can be answered in JSON."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.protocol import FromPage
from signaling.socket.connection import _re_of

pytestmark = pytest.mark.unit

_decoder = msgspec.json.Decoder(FromPage)

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
near_misses = st.fixed_dictionaries(
    {"type": st.sampled_from(["hello", "ping", "do", "offer", "kit", "network_report", "close_media", "?"])},
    optional={
        "re": scalars,
        "sent_ms": scalars,
        "version": scalars,
        "direction": st.sampled_from(["send", "receive"]) | scalars,
        "sdp": scalars,
        "tracks": json_values,
        "command": st.fixed_dictionaries(
            {"do": st.sampled_from(["move", "mute", "warn", "floor", "hand", "leave"])},
            optional={"participant": scalars, "reason": scalars, "limit_ms": scalars, "raised": scalars},
        )
        | json_values,
    },
)


@given(st.text() | (json_values | near_misses).map(lambda v: msgspec.json.encode(_small(v)).decode()))
def test_decodes_or_refuses(text: str) -> None:
    _re_of(text)
    try:
        message = _decoder.decode(text)
    except msgspec.MsgspecError:
        return
    assert _decoder.decode(msgspec.json.encode(message)) == message


def _small(value: object) -> object:
    """Integers beyond 64 bits as text that JSON readers see as numbers."""
    if isinstance(value, bool) or not isinstance(value, int | dict | list):
        return value
    if isinstance(value, dict):
        return {key: _small(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_small(inner) for inner in value]
    return value if -(2**63) <= value < 2**64 else msgspec.Raw(str(value).encode())
