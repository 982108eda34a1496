"""The cast of the demo as a process of its own: parties publish live media, a synthetic judge runs the script.

Reads one `Call` as JSON from standard input, writes one line of progress per scene to standard output. It talks to
the server only as pages do, so that the server's own CPU stays the server's.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from pathlib import Path

import msgspec

from hearing import commands as cmd
from hearing.errors import Refused, UserError
from hearing.participant import CONNECTED
from hearing.session import Move, Phase, State
from yunting.demo.client import Api, Presence
from yunting.demo.party import Cast, Party, stay_on_loopback


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """A party who joins by invitation."""

    code: str
    title: str
    tint: tuple[int, int, int]
    pitch_hz: float


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What the cast must know. `scene_s` is how long each speaker speaks; `once` closes after one round."""

    base_url: str
    certificate: str
    session: str
    judge_account: str
    judge_password: str
    judge_title: str
    guests: tuple[Guest, ...]
    scene_s: float
    once: bool


async def perform(call: Call) -> None:
    """Play the hearing; returns when it is closed."""
    stay_on_loopback()
    trust = ssl.create_default_context(cafile=call.certificate)
    async with Api(call.base_url, trust) as bench, asyncio.TaskGroup() as tasks:
        await bench.sign_in(call.judge_account, call.judge_password)
        judge = Party(bench, Cast(call.judge_title, (96, 58, 52), 105.0, 1))
        stage = [tasks.create_task(judge.run(await bench.staff_ticket(call.session)))]
        for seed, guest in enumerate(call.guests, 2):
            stage.append(tasks.create_task(_join(call, trust, guest, seed)))
        # The record is to begin with the gavel: the bench is on air before it falls.
        await asyncio.wait_for(judge.on_air.wait(), 30)
        await _script(call, judge.presence)
        await asyncio.wait_for(judge.presence.close(), 5)
        for task in stage[1:]:
            task.cancel()


async def _join(call: Call, trust: ssl.SSLContext, guest: Guest, seed: int) -> None:
    async with Api(call.base_url, trust) as api:
        party = Party(api, Cast(guest.title, guest.tint, guest.pitch_hz, seed))
        await party.run(await api.enter(guest.code))


async def _script(call: Call, judge: Presence) -> None:
    welcome = await judge.connected()
    await judge.wait_for(
        lambda h: h is not None and sum(p.presence in CONNECTED for p in h.people) > len(call.guests), timeout_s=60
    )
    assert judge.hearing is not None
    if judge.hearing.state is State.WAITING:
        await judge.do(cmd.MoveSession(move=Move.OPEN, override="示范庭审：其余席位留给观看者"))
        _say("已开庭 / opened")
    speakers = [
        p.seat.participant for p in judge.hearing.people if p.presence in CONNECTED and not p.staff and not p.isolated
    ]
    order = [welcome.participant, *speakers]
    phases = [Phase.IDENTITY_CHECK, Phase.RIGHTS_NOTICE, Phase.INVESTIGATION, Phase.EVIDENCE, Phase.DEBATE]
    while True:
        for scene in range(len(order) * 2):
            await _scene(judge, phases[min(scene, len(phases) - 1)], order[scene % len(order)], call.scene_s)
            if judge.hearing.state is State.CLOSED:
                return
        if call.once:
            await judge.do(cmd.SetPhase(phase=Phase.CLOSING))
            await judge.do(cmd.MoveSession(move=Move.CLOSE))
            _say("已闭庭 / closed")
            return


async def _scene(judge: Presence, phase: Phase, speaker: str, seconds: float) -> None:
    """One speaker speaks. A viewer who signs in as a judge may be in command: then the script only waits."""
    try:
        await judge.do(cmd.SetPhase(phase=phase))
        await judge.do(cmd.GrantFloor(participant=speaker))
    except (Refused, UserError) as refused:
        _say(f"{refused.zh} / {refused.en}")
    except TimeoutError:
        # A machine that is busy with other things shall not end the hearing: the next scene asks again.
        _say("服务器应答慢，演示继续 / the server answers slowly; the demonstration goes on")
    await asyncio.sleep(seconds)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Read the call from standard input and perform."""
    call = msgspec.json.decode(sys.stdin.buffer.read(), type=Call)
    if not Path(call.certificate).is_file():
        sys.exit(f"no certificate at {call.certificate}")
    asyncio.run(perform(call))


if __name__ == "__main__":
    main()
