"""A draw that nobody can steer: a secret is committed to, others fix a public text, both together draw.

docs/ballot-log.md, section 7.
"""

from __future__ import annotations

import re

from hearing.errors import Refused
from voting.checks import check_id, check_sha256, check_text
from voting.leaves import DrawCommitted, DrawRevealed, Stamp
from voting.meeting import Meeting
from voting.merkle import MerkleTree, digest_of
from voting.requests import CommitDraw, RevealDraw

_COMMIT = b"\x02"
_MOST_CHOSEN = 10_000
_is_secret = re.compile(r"[0-9a-f]{64}").fullmatch


def commitment_of(alg: str, secret: bytes) -> str:
    """What is published of 32 random bytes before the draw; hex."""
    return digest_of(alg)(_COMMIT + secret).hex()


def pool_root(alg: str, pool: list[str]) -> str:
    """The root over the ids that are drawn from, in sorted order; hex."""
    return MerkleTree(alg, (each.encode() for each in sorted(pool))).root().hex()


def draw(alg: str, secret: bytes, public: str, count: int, pool_size: int) -> tuple[int, ...]:
    """The places drawn, in order, each once: `count` of `pool_size`. ValueError for more than there are."""
    if not 0 < count <= pool_size:
        raise ValueError(f"{count} of {pool_size} cannot be drawn")
    digest = digest_of(alg)
    seed = secret + public.encode()
    # Numbers of the last, incomplete round of places would favour the first of the pool.
    limit = (1 << 256) - (1 << 256) % pool_size
    chosen: dict[int, None] = {}
    turn = 0
    while len(chosen) < count:
        number = int.from_bytes(digest(seed + turn.to_bytes(8, "big")), "big")
        turn += 1
        if number < limit:
            chosen.setdefault(number % pool_size)
    return tuple(chosen)


def commit_draw(meeting: Meeting, request: CommitDraw, stamp: Stamp) -> DrawCommitted:
    """Raises Refused `draw-taken`, `bad-draw`, `bad-id`, `bad-hash`."""
    check_id("draw", request.draw)
    check_sha256("commitment", request.commitment)
    check_sha256("pool", request.pool)
    if request.draw in meeting.draws:
        raise Refused("draw-taken", "抽签编号已被使用", "a draw of this id was begun")
    if not 0 < request.count <= min(request.pool_size, _MOST_CHOSEN):
        raise Refused("bad-draw", "抽取人数超过名单人数", "more are drawn than there are")
    return DrawCommitted(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        commitment=request.commitment,
        count=request.count,
        draw=request.draw,
        pool=request.pool,
        pool_size=request.pool_size,
    )


def reveal_draw(meeting: Meeting, request: RevealDraw, stamp: Stamp) -> DrawRevealed:
    """Raises Refused `no-draw`, `drawn`, `wrong-secret`, `bad-text`."""
    standing = meeting.draws.get(request.draw)
    if standing is None:
        raise Refused("no-draw", "没有此次抽签", "no such draw was begun")
    if standing.revealed is not None:
        raise Refused("drawn", "抽签已完成", "the draw was made")
    check_text("公开文字", "a public text", request.public)
    assert meeting.created is not None
    alg, begun = meeting.created.alg, standing.committed
    if not _is_secret(request.secret) or commitment_of(alg, bytes.fromhex(request.secret)) != begun.commitment:
        raise Refused("wrong-secret", "与事先承诺不符", "this is not the secret that was committed to")
    return DrawRevealed(
        meeting=stamp.meeting,
        seq=stamp.seq,
        utc_ms=stamp.utc_ms,
        chosen=draw(alg, bytes.fromhex(request.secret), request.public, begun.count, begun.pool_size),
        draw=request.draw,
        public=request.public,
        secret=request.secret,
    )
