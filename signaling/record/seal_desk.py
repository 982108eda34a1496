"""The seals of all sessions: makes the media seal after each closing, carries out what the court does to a finished
record, and makes the final seal once it was ordered.

What is due is read off the hearings, so that a server which died in between goes on where it was. A package that
could not be made is tried again, ever more seldom.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hearing import events as ev
from hearing import seal_commands as cmd
from hearing import seal_events as se
from hearing import sealing as seals
from hearing.errors import Refused
from hearing.seal_rules import decide_seal
from hearing.sealing import Incident, Sealing, Unmet, due_seal
from hearing.session import State
from hearing.state import Hearing
from hearing.tasks import log_fault
from records.ledger import Decide
from records.sealing import preflight
from records.writing import words
from signaling.bodies import ExportJob
from signaling.minutes.signature_shelf import SignatureShelf
from signaling.record.exports import Exports
from signaling.record.seal_messages import IncidentRow, SealRow, SealView
from signaling.services import Services

LOOK_S = 1.0
FIRST_WAIT_S = 15.0
LONGEST_WAIT_S = 600.0
AT_ONCE = 4
"""Seals that wait or are made; the others are begun when one of these is done."""
LOOKS = 5
"""At a record that changes while it is looked at, before the clerk is told to wait."""


@dataclass(slots=True)
class _Making:
    """The package of one session's due seal. `due_us`: not before this is it tried again."""

    step: se.SealStep
    job: str
    failures: int = 0
    due_us: int = 0


class SealDesk:
    """Implements `signaling.rooms.SealKeeper`. `run` is to be spawned."""

    def __init__(self, services: Services, exports: Exports) -> None:
        self._services = services
        self._exports = exports
        self._making: dict[str, _Making] = {}

    async def run(self) -> None:
        """Begin what is due, until cancelled."""
        while True:
            # The newest first: what was closed just now does not stand behind years that were never sealed.
            for hearing in reversed(self._services.book.hearings()):
                step = due_seal(hearing)
                if step is not None and self._is_full(hearing.session):
                    continue
                if step == "media" and not self._services.settings.sealing.automatic:
                    continue
                try:
                    self._look_after(hearing.session, step)
                except Exception as problem:
                    # One session's fault must not keep the others' records from being sealed.
                    log_fault("a seal was not begun", problem, session=hearing.session)
            await asyncio.sleep(LOOK_S)

    async def do(self, session: str, participant: str, command: cmd.SealCommand) -> Sequence[ev.Entry]:
        """See `signaling.rooms.SealKeeper`; `hearing.seal_rules` names what is refused."""
        ledger = await self._services.book.get(session)
        if not isinstance(command, cmd.SealRecord):
            sealing = await self._sealing(session)
            return await ledger.change(participant, self._rule(sealing, (), participant, command))
        if ledger.hearing.state is State.SIGNED:
            await self._services.exporter.list_holes(session)
        for _ in range(LOOKS):
            standing, unmet = await self._look(session)
            if ledger.hearing.last_seq != standing.hearing.last_seq:
                continue
            done = await ledger.change(participant, self._rule(standing.sealing, unmet, participant, command))
            if making := self._making.get(session):
                making.due_us = 0
            self._look_after(session, due_seal(ledger.hearing))
            return done
        raise Refused("busy", "记录正在变动，请稍后再试", "the record is changing: try again in a moment")

    async def view(self, session: str) -> SealView:
        """How it stands. Raises UserError `unknown-session`."""
        standing, unmet = await self._look(session)
        sealing = standing.sealing
        kept = {job.job for job in await self._exports.of(session) if job.url is not None}
        return SealView(
            state=standing.hearing.state,
            may_seal=standing.hearing.state is State.SIGNED and not any(each.blocks for each in unmet),
            stamping=self._services.stamping_at,
            seals=[_row(each, sealing, each.made.package in kept) for each in sealing.seals],
            unmet=list(unmet),
            incidents=[_incident(each) for each in sealing.incidents.values()],
            job=self._job(session),
        )

    # --- inside ---------------------------------------------------------------------------------------------

    def _look_after(self, session: str, step: se.SealStep | None) -> None:
        """Begin the package of `step`, unless it is being made or was tried a moment ago. Cheap."""
        making = self._making.get(session)
        if step is None:
            if making is not None and self._ended(making):
                del self._making[session]
            return
        now_us = self._services.sources.monotonic_us()
        failures = 0
        if making is not None and making.step == step:
            if not self._ended(making) or now_us < making.due_us:
                return
            failures = making.failures + 1
        exporter = self._services.exporter
        job = self._exports.begin(
            session, lambda progress, package: exporter.seal(session, step, progress, package), seal=step
        )
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures, 10))
        self._making[session] = _Making(step, job, failures, now_us + int(wait_s * 1e6))

    def _is_full(self, session: str) -> bool:
        """Whether so many seals of others wait already that this one may wait too."""
        others = (making for name, making in self._making.items() if name != session)
        return sum(not self._ended(making) for making in others) >= AT_ONCE

    def _ended(self, making: _Making) -> bool:
        job = self._exports.known(making.job)
        return job is None or job.done

    def _job(self, session: str) -> ExportJob | None:
        making = self._making.get(session)
        return self._exports.known(making.job) if making is not None else None

    async def _sealing(self, session: str) -> Sealing:
        sealing = Sealing()
        async for entry in (await self._services.book.get(session)).entries():
            sealing = seals.fold(sealing, entry)
        return sealing

    async def _look(self, session: str) -> tuple[preflight.Standing, Sequence[Unmet]]:
        ledger = await self._services.book.get(session)
        entries = [entry async for entry in ledger.entries()]
        pictures = await SignatureShelf(self._services.store, session).all_signed()
        zone = self._services.settings.court.time_zone

        def read() -> tuple[preflight.Standing, Sequence[Unmet]]:
            standing = preflight.standing_of(entries, pictures, words.zone(zone))
            return standing, preflight.unmet(standing)

        return await asyncio.to_thread(read)

    def _rule(self, sealing: Sealing, unmet: Sequence[Unmet], participant: str, command: cmd.SealCommand) -> Decide:
        def decide(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            return decide_seal(hearing, sealing, unmet, participant, command, self._services.sources.utc_ms())

        return decide


def _row(seal: seals.Sealed, sealing: Sealing, kept: bool) -> SealRow:
    made = seal.made
    return SealRow(
        step=made.step,
        package=made.package,
        manifest_sha512=made.manifest_sha512,
        key=made.key,
        utc_ms=seal.utc_ms,
        before=made.before,
        stamped=any(each.package == made.package for each in sealing.stamps),
        url=f"/api/v1/exports/{made.package}/package.zip" if kept else "",
    )


def _incident(incident: Incident) -> IncidentRow:
    zh, en = words.cause(incident.cause)
    signed = incident.signed
    return IncidentRow(
        incident=incident.id,
        cause=incident.cause,
        cause_zh=zh,
        cause_en=en,
        from_ms=incident.from_ms,
        to_ms=incident.to_ms,
        detail=incident.detail,
        statement=incident.statement,
        statement_sha256=incident.statement_sha256,
        written_by=incident.written_by,
        signed_by=signed.participant if signed else "",
        signed_utc_ms=signed.signed_utc_ms if signed else 0,
    )
