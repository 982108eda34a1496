"""Draws of representatives: who is drawn from, the secret until it is revealed, and who was drawn.

The pool and what the secret is made of are durable before the commitment is in the log: a commitment that could not
be revealed would be worth nothing. Whoever reads the store without the server's key does not learn the secret.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets

import msgspec

from hearing.errors import Refused, UserError
from hearing.ids import new_ulid
from records.writing.legible import legible
from signaling.meetings import draw_bodies as d
from signaling.meetings.room import MeetingRoom
from signaling.services import Services
from voting.draw import commitment_of, pool_root
from voting.meeting import Draw
from voting.requests import CommitDraw, RevealDraw
from voting.roll import Roll
from voting.words import Standing

DRAWS = "meeting_draws"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What the log does not hold."""

    title: str
    source: str
    nonce: str
    pool: tuple[str, ...]


class Draws:
    """Who may is the routes' question."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._key = services.derived_key("draw secrets")

    async def commit(self, room: MeetingRoom, body: d.NewDraw) -> str:
        """Fix who is drawn from and commit to a secret; the draw's id. Raises Refused `no-roll`, `no-pool`,
        `bad-draw` and what the log refuses; StoreUnavailable."""
        meeting = room.hall.meeting
        if room.roll is None or meeting.created is None:
            raise Refused("no-roll", "请先导入债权表并开放签到", "import the roll and open the doors first")
        present = set(meeting.present) if body.present_only else None
        pool = await asyncio.to_thread(_pool, room.roll, body, present)
        if len(pool) < body.count:
            raise Refused(
                "no-pool",
                f"可抽取的只有 {len(pool)} 人，少于 {body.count} 人",
                f"there are {len(pool)} to draw from, fewer than {body.count}",
            )
        draw = f"DR{new_ulid(self._services.sources.utc_ms())}"
        kept = _Kept(
            title=legible(body.title), source=legible(body.source), nonce=secrets.token_hex(32), pool=tuple(pool)
        )
        await self._services.store.put(DRAWS, f"{room.record.id}/{draw}", msgspec.json.encode(kept))
        alg = meeting.created.alg
        root = await asyncio.to_thread(pool_root, alg, pool)
        await room.hall.do(
            CommitDraw(
                commitment=commitment_of(alg, self._secret(room, draw, kept)),
                count=body.count,
                draw=draw,
                pool=root,
                pool_size=len(pool),
            )
        )
        return draw

    async def reveal(self, room: MeetingRoom, draw: str, public: str) -> None:
        """Draw, with the text that others fixed. Raises UserError `no-draw`, Refused `drawn`, `bad-text`."""
        kept = await self._kept(room, draw)
        await room.hall.do(RevealDraw(draw=draw, public=public, secret=self._secret(room, draw, kept).hex()))

    async def pool(self, room: MeetingRoom, draw: str) -> tuple[str, ...]:
        """Ids of those who are drawn from, in the order of their places. Raises UserError `no-draw`."""
        _standing(room, draw)
        return (await self._kept(room, draw)).pool

    async def all(self, room: MeetingRoom, *, named: bool) -> list[d.DrawView]:
        """Every draw of the meeting; `named`: with the names of those who were drawn."""
        return [await self._view(room, each, named=named) for each in list(room.hall.meeting.draws.values())]

    async def drawn(self, room: MeetingRoom) -> dict[str, tuple[str, ...]]:
        """Names of those who were drawn, in order, by draw: for the minutes."""
        views = await self.all(room, named=True)
        return {view.draw: tuple(f"{each.name}（{each.creditor}）" for each in view.chosen) for view in views}

    async def _view(self, room: MeetingRoom, standing: Draw, *, named: bool) -> d.DrawView:
        assert room.hall.meeting.created is not None
        committed, revealed = standing.committed, standing.revealed
        kept = await self._kept(room, committed.draw)
        return d.DrawView(
            draw=committed.draw,
            title=kept.title,
            source=kept.source,
            alg=room.hall.meeting.created.alg,
            commitment=committed.commitment,
            count=committed.count,
            pool=committed.pool,
            pool_size=committed.pool_size,
            committed_utc_ms=committed.utc_ms,
            public=revealed.public if revealed else "",
            secret=revealed.secret if revealed else "",
            revealed_utc_ms=revealed.utc_ms if revealed else None,
            chosen=tuple(
                d.Drawn(
                    place=place,
                    creditor=kept.pool[place],
                    name=room.name_of(kept.pool[place]) if named else "",
                )
                for place in (revealed.chosen if revealed else ())
            ),
        )

    async def _kept(self, room: MeetingRoom, draw: str) -> _Kept:
        raw = await self._services.store.get(DRAWS, f"{room.record.id}/{draw}")
        if raw is None:
            raise UserError("no-draw", "没有此次抽签", "no such draw was begun")
        return msgspec.json.decode(raw, type=_Kept)

    def _secret(self, room: MeetingRoom, draw: str, kept: _Kept) -> bytes:
        return hmac.digest(self._key, f"{room.record.id}/{draw}/{kept.nonce}".encode(), "sha256")


def _pool(roll: Roll, body: d.NewDraw, present: set[str] | None) -> list[str]:
    return sorted(
        {
            entry.creditor
            for entry in roll.entries
            if entry.kind is not Standing.NONE
            and (body.group is None or entry.group is body.group)
            and (present is None or entry.creditor in present)
        }
    )


def _standing(room: MeetingRoom, draw: str) -> Draw:
    found = room.hall.meeting.draws.get(draw)
    if found is None:
        raise UserError("no-draw", "没有此次抽签", "no such draw was begun")
    return found
