"""What every Anchor promises. A runner module gives the `anchor` fixture and subclasses the suite."""

from __future__ import annotations

from records.anchors.port import Anchor
from records.keys import CourtKey
from voting.tree_heads import head_bytes, sign_head
from voting.verify import anchored

MEETING = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
KEY = CourtKey.generate()


def signed(size: int) -> bytes:
    return head_bytes(sign_head(MEETING, "sha256", size, bytes([size]) * 32, size, KEY))


class AnchorContract:
    async def test_the_evidence_is_of_this_head_and_of_no_other(self, anchor: Anchor) -> None:
        evidence = await anchor.submit(signed(3))
        assert anchored(anchor.kind, evidence, signed(3)) == ""
        assert anchored(anchor.kind, evidence, signed(4)) != ""

    async def test_the_same_head_again_gives_evidence_too(self, anchor: Anchor) -> None:
        for _ in range(2):
            assert anchored(anchor.kind, await anchor.submit(signed(3)), signed(3)) == ""

    async def test_a_flipped_byte_of_the_head_is_not_what_was_anchored(self, anchor: Anchor) -> None:
        head = signed(3)
        evidence = await anchor.submit(head)
        for at in range(0, len(head), 7):
            other = head[:at] + bytes([head[at] ^ 1]) + head[at + 1 :]
            assert anchored(anchor.kind, evidence, other) != ""

    async def test_its_name_shows_no_secret(self, anchor: Anchor) -> None:
        assert "sesame" not in anchor.where
