"""The gate in the media path: who has no verdict sends into a gate room of one, receives nothing, and is handed over
to the hearing's room the moment the verdict is in the log. Nothing is negotiated anew for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from hearing import events as ev
from hearing import identity_events as ie
from hearing.errors import UserError
from hearing.identity_events import IdentityLevel
from hearing.participant import CONNECTED, Presence
from hearing.policy import is_verified
from hearing.tasks import TaskSet
from identity.engine import EngineBusy
from identity.gate import WAITS_FOR_CLERK, GateStage, stage, visitor
from identity.liveness import Hint, Prompt
from identity.ports import ChallengeResult
from identity.reasons import words
from media_server.ports import Answer, Direction
from media_server.sampler import Picture
from signaling.courtroom import Courtroom
from signaling.errors import new_incident
from signaling.gate.challenges import CHALLENGE_MS, GateChallenges, engine_failed
from signaling.gate.log import GateLog
from signaling.gate.messages import ChallengeStep, GateHint
from signaling.gate.room import GateRoom
from signaling.media.news import PAGE

_MAY_SEND = WAITS_FOR_CLERK | {GateStage.CHALLENGE}
"""Before these no picture of anybody is taken: they have not said how they want to be checked."""
_CHALLENGE_S = 10
"""What a challenge takes somebody who does what is asked."""
CAMERA_WITHIN_S = 3.0
"""A busy telephone is connected before its encoder gives a picture: who asks in between waits so long."""
_GONE = frozenset({Presence.LEFT, Presence.REMOVED, Presence.DISMISSED})


class GateRooms:
    """All gate rooms of this server; also the eyes of the clerk (`signaling.gate.clerk.LiveEyes`)."""

    def __init__(self, log: GateLog, challenges: GateChallenges) -> None:
        self._log = log
        self._challenges = challenges
        self._rooms: dict[tuple[str, str], GateRoom] = {}
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._tasks = TaskSet()

    async def live(self, session: str, participant: str) -> bytes | None:
        """The newest picture of somebody at the gate as JPEG, or None."""
        room = self._rooms.get((session, participant))
        return await room.thumbnail() if room is not None else None

    def sees(self, session: str, participant: str) -> bool:
        """Whether `live` would show something."""
        room = self._rooms.get((session, participant))
        return room is not None and room.seen

    def attach(self, room: Courtroom) -> None:
        """From now on its pages' media comes this way."""
        room.door = GateDoor(self, room)

        def appended(entries: Sequence[ev.Entry], after: object) -> None:
            for entry in entries:
                self._follow(room, entry.event)

        room.ledger.subscribe(appended)

    def forget(self, session: str, participant: str) -> None:
        """Whoever is shut out has no gate room left."""
        gate = self._rooms.get((session, participant))
        if gate is not None:
            self._tasks.spawn(self.close(session, participant), "close a gate room")

    async def tend(self, room: Courtroom) -> None:
        """One heartbeat: who has gone needs no gate room."""
        for session, participant in list(self._rooms):
            person = room.hearing.people.get(participant)
            if session == room.session and (person is None or person.presence not in CONNECTED):
                await self.close(session, participant)

    async def detach(self, room: Courtroom) -> None:
        """The courtroom closes."""
        self._log.forget_visits(room.session)
        for session, participant in list(self._rooms):
            if session == room.session:
                await self.close(session, participant)

    async def close(self, session: str, participant: str) -> None:
        """End one gate room and what runs in it. Idempotent."""
        gate = self._rooms.pop((session, participant), None)
        self._cancel(session, participant)
        if gate is not None:
            await gate.close()

    async def stop(self) -> None:
        """The server stops. Idempotent."""
        for session, participant in list(self._rooms):
            await self.close(session, participant)
        await self._tasks.close()

    def _follow(self, room: Courtroom, event: ev.AnyEvent) -> None:
        match event:
            case ie.VerdictGiven(participant=who) if _is_in(room, who):
                self._hand_over(room, who)
            case ie.VerdictRevoked(participant=who):
                room.tasks.spawn(room.media.remove(who), "media without a verdict")
            case ie.FaceConsentWithdrawn(participant=who) | ie.FaceDeclined(participant=who):
                self._cancel(room.session, who)
            case ev.PresenceChanged(participant=who, after=after) if after in _GONE:
                self.forget(room.session, who)
            case _:
                pass

    def _hand_over(self, room: Courtroom, participant: str) -> None:
        gate = self._rooms.get((room.session, participant))
        if gate is not None:
            gate.media.hand_over(participant, room.media)
            self.forget(room.session, participant)

    # --- what comes through the door --------------------------------------------------------------------------

    async def answer(
        self,
        room: Courtroom,
        participant: str,
        direction: Direction,
        sdp: str,
        tracks: Mapping[str, str],
        resource: str,
    ) -> Answer:
        """See `Door.answer`."""
        if _is_in(room, participant):
            return await room.media.answer(participant, direction, sdp, tracks, resource=resource)
        person = room.hearing.people[participant]
        now = stage(visitor(room.hearing, person), self._log.now())
        if direction is Direction.RECEIVE or now not in _MAY_SEND:
            raise UserError("gate-first", "请先完成身份核验", "pass the identity check first")
        if resource != PAGE and participant in room.connections:
            # What the page shows is checked; nothing beside it goes on into the hearing by that.
            raise UserError("gate-first", "请先在页面上完成身份核验", "pass the identity check on your page first")
        gate = self._rooms.get((room.session, participant))
        if gate is None:
            gate = self._rooms[room.session, participant] = GateRoom(
                self._log.services, room.session, participant, room
            )
        if resource not in {PAGE, gate.resource}:
            await self._log.comes_anew(room.hearing, participant)
        answer = await gate.answer(sdp, tracks, resource)
        if _is_in(room, participant):
            # The verdict came while the answer was made.
            self._hand_over(room, participant)
        return answer

    async def entered(self, room: Courtroom, participant: str) -> None:
        """See `Door.entered`."""
        if not _is_in(room, participant):
            await self._log.comes_anew(room.hearing, participant)
            await self.close(room.session, participant)

    def holds(self, room: Courtroom, participant: str, direction: Direction, resource: str) -> bool:
        """See `Door.holds`: wherever it is now."""
        gate = self._rooms.get((room.session, participant))
        at_gate = gate is not None and gate.media.holds(participant, direction, resource=resource)
        return at_gate or room.media.holds(participant, direction, resource=resource)

    async def close_peer(self, room: Courtroom, participant: str, direction: Direction, resource: str) -> None:
        """See `Door.close_peer`: wherever it is now."""
        gate = self._rooms.get((room.session, participant))
        if gate is not None:
            await gate.media.close_peer(participant, direction, resource=resource)
        await room.media.close_peer(participant, direction, resource=resource)

    async def challenge(self, room: Courtroom, participant: str) -> None:
        """See `Door.challenge`. Raises UserError as `GateChallenges.begin_challenge`, and `gate-passed`, `no-camera`,
        `not-ready`; EngineBusy, which counts as no try, while as many people are challenged as can be watched."""
        liveness = self._log.tools.liveness
        if room.hearing.identity is IdentityLevel.NONE or _is_in(room, participant):
            raise UserError("gate-passed", "您已通过身份核验", "you have already passed the gate")
        if liveness is None:
            raise UserError("not-ready", "未安装人脸引擎，请联系书记员", "no face engine here: ask the clerk")
        gate = self._rooms.get((room.session, participant))
        if gate is None or not await gate.camera_comes(CAMERA_WITHIN_S):
            raise UserError("no-camera", "未收到摄像头画面，请先打开摄像头", "no picture of your camera arrives yet")
        await self.give_up(room, participant)
        self._log.check(room.hearing, room.hearing.people[participant], GateStage.CHALLENGE)
        if len(self._running) >= self._log.tools.challenges:
            raise EngineBusy(_CHALLENGE_S)
        begun = await self._challenges.begin_challenge(room.session, participant, gate.fingerprint)
        self._running[room.session, participant] = room.tasks.spawn(
            self._run(room, gate, begun.nonce, gate.fingerprint), "gate challenge"
        )

    async def give_up(self, room: Courtroom, participant: str) -> None:
        """See `Door.give_up`."""
        running = self._running.pop((room.session, participant), None)
        if running is not None:
            running.cancel()
            await asyncio.wait([running])

    async def _run(self, room: Courtroom, gate: GateRoom, nonce: str, fingerprint: str) -> None:
        """One challenge to its end. Cancelled, it counts as abandoned."""
        participant = gate.participant
        result = ChallengeResult(passed=False, reason="abandoned", abandoned=True)
        try:
            result = await self._watched(room, gate, nonce)
        finally:
            self._running.pop((room.session, participant), None)
            # Another connection since the prompt is another camera.
            changed = gate.fingerprint != fingerprint
            if changed and not result.unavailable:
                result = ChallengeResult(passed=False, reason="another-face")
            ended = self._ended(room.session, participant, nonce, fingerprint, result)
            await asyncio.shield(self._tasks.spawn(ended, "end of a challenge"))

    async def _watched(self, room: Courtroom, gate: GateRoom, nonce: str) -> ChallengeResult:
        def tell(output: Prompt | Hint) -> None:
            page = room.connections.get(gate.participant)
            if page is not None:
                page.send(_message(output, nonce, self._log.services.sources.monotonic_us() // 1000))

        make = self._log.tools.liveness
        assert make is not None
        runner = make(tell)

        def look(picture: Picture) -> None:
            runner.offer(picture.rgb, picture.arrival_us // 1000)

        sampler, detach = gate.watch(look)
        try:
            async with asyncio.timeout(CHALLENGE_MS / 1000):
                result = await runner.run()
            if result.passed:
                # The comparison takes a second or two: nobody should stand waiting for one more step.
                tell(Hint("passed", *words("passed")))
            return result
        except TimeoutError:
            return ChallengeResult(passed=False, reason="abandoned", abandoned=True)
        except Exception as problem:
            return ChallengeResult(passed=False, reason=engine_failed("challenge", problem), unavailable=True)
        finally:
            detach()
            await sampler.close()

    async def _ended(
        self, session: str, participant: str, nonce: str, fingerprint: str, result: ChallengeResult
    ) -> None:
        try:
            await self._challenges.challenge_ended(session, participant, nonce, fingerprint, result)
        except UserError:
            # Too late, or decided otherwise meanwhile: the log has it.
            return
        except Exception as problem:
            new_incident("challenge", problem)

    def _cancel(self, session: str, participant: str) -> None:
        running = self._running.get((session, participant))
        if running is not None:
            running.cancel()


class GateDoor:
    """`signaling.media.door.Door` of one courtroom."""

    def __init__(self, rooms: GateRooms, room: Courtroom) -> None:
        self._rooms = rooms
        self._room = room

    async def answer(
        self, participant: str, direction: Direction, sdp: str, tracks: Mapping[str, str], *, resource: str = "page"
    ) -> Answer:
        return await self._rooms.answer(self._room, participant, direction, sdp, tracks, resource)

    async def entered(self, participant: str) -> None:
        await self._rooms.entered(self._room, participant)

    def holds(self, participant: str, direction: Direction, *, resource: str) -> bool:
        return self._rooms.holds(self._room, participant, direction, resource)

    async def close_peer(self, participant: str, direction: Direction, *, resource: str = "page") -> None:
        await self._rooms.close_peer(self._room, participant, direction, resource)

    async def remove(self, participant: str) -> None:
        await self._rooms.close(self._room.session, participant)
        await self._room.media.remove(participant)

    async def challenge(self, participant: str) -> None:
        await self._rooms.challenge(self._room, participant)

    async def give_up(self, participant: str) -> None:
        await self._rooms.give_up(self._room, participant)


def _is_in(room: Courtroom, participant: str) -> bool:
    person = room.hearing.people.get(participant)
    return person is not None and is_verified(room.hearing, person)


def _message(output: Prompt | Hint, nonce: str, now_ms: int) -> ChallengeStep | GateHint:
    if isinstance(output, Hint):
        return GateHint(code=output.code, zh=output.zh, en=output.en)
    return ChallengeStep(
        nonce=nonce,
        step=output.step + 1,
        steps=output.of,
        action=output.action.value,
        within_ms=max(0, output.deadline_ms - now_ms),
        zh=output.zh,
        en=output.en,
    )
