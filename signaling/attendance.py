"""Who is still there: turns silence into `dropped`, with the evidence that tells it from leaving (L15)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from hearing.errors import UserError
from media_server.ports import Direction, LossReason
from records.ledger import Ledger

_log = structlog.get_logger("signaling")


class Attendance:
    """Keeps deadlines for participants whose connection is lost; `settle` notes those that have passed."""

    def __init__(self, ledger: Ledger, monotonic_us: Callable[[], int], silence_ms: int) -> None:
        self._ledger = ledger
        self._now_us = monotonic_us
        self._silence_us = silence_ms * 1000
        self._deadlines: dict[str, tuple[int, str]] = {}
        self._media: dict[str, dict[Direction, str]] = {}
        self._by_media: set[str] = set()
        self._up: dict[str, set[Direction]] = {}

    def connected(self, participant: str) -> None:
        """A page or media resource of the participant is up: no deadline runs."""
        self._deadlines.pop(participant, None)

    def came_by_media(self, participant: str) -> None:
        """The participant came by WHIP or WHEP: the media connection stands for a page."""
        self._by_media.add(participant)
        self.connected(participant)

    def lost(self, participant: str, evidence: str, *, at_once: bool) -> None:
        """The page is gone; `at_once` when the silence has lasted already. Media that stands for a page goes on."""
        if participant in self._by_media and self._up.get(participant):
            return
        due_us = self._now_us() + (0 if at_once else self._silence_us)
        self._deadlines[participant] = (due_us, evidence)

    def media_up(self, participant: str, direction: Direction) -> bool:
        """ICE and DTLS of this direction are up; True when that alone says that the participant is here."""
        self._media.setdefault(participant, {}).pop(direction, None)
        self._up.setdefault(participant, set()).add(direction)
        if participant in self._by_media:
            self.connected(participant)
        return participant in self._by_media

    def media_lost(self, participant: str, direction: Direction, reason: LossReason, *, has_page: bool) -> None:
        """A media connection ended. An orderly close proves nothing; who came by media alone has dropped."""
        self._up.get(participant, set()).discard(direction)
        if reason is LossReason.CLOSED:
            self._media.get(participant, {}).pop(direction, None)
            return
        at_ms = self._ledger.clock.now_ms()
        said = f"media {direction.value} lost ({reason.value}) at {at_ms} ms"
        self._media.setdefault(participant, {})[direction] = said
        if not has_page and participant in self._by_media:
            self.lost(participant, said, at_once=True)

    async def settle(self) -> None:
        """Note everybody whose deadline has passed as dropped. A store that refuses is tried again next time."""
        now_us = self._now_us()
        for participant, (due_us, evidence) in list(self._deadlines.items()):
            if due_us > now_us:
                continue
            said = "; ".join([evidence, *self._media.get(participant, {}).values()])
            try:
                await self._ledger.dropped(participant, said)
            except UserError as problem:
                _log.warning("attendance.not_noted", session=self._ledger.session, code=problem.code)
                continue
            if self._deadlines.get(participant) == (due_us, evidence):
                del self._deadlines[participant]
