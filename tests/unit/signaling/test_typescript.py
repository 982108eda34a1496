"""The pages' types are the server's catalogue, word for word."""

import msgspec
import pytest

from signaling import typescript
from signaling.protocol import FromPage, FromServer

pytestmark = pytest.mark.unit


def test_committed_file_is_what_the_catalogue_generates() -> None:
    assert typescript.TARGET.read_text(encoding="utf-8") == typescript.messages_ts(), (
        "stale: run `python -m signaling.typescript`"
    )


def test_every_message_of_both_directions_is_declared() -> None:
    text = typescript.messages_ts()
    for union in (FromPage, FromServer):
        for info in msgspec.inspect.type_info(union).types:  # type: ignore[attr-defined]
            assert f'readonly type: "{info.tag}";' in text


def test_a_page_may_leave_out_defaults_and_a_server_never_does() -> None:
    text = typescript.messages_ts()
    hello = text.split("interface HelloMessage")[1].split("}")[0]
    assert "readonly last_seq?: number;" in hello
    seat = text.split("interface Seat")[1].split("}")[0]
    assert "readonly required: boolean;" in seat
