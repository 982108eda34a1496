"""Run by the tests of the ballot log's durability: 64 callers add leaves for ever and print each receipt they get.
Ends with status 3 when the log could not be written. `VOTE_STORE` is the address of the store, or SQLite in the
folder."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

from hearing.clock import Sources
from records.keys import CourtKey
from voting.leaves import AnyLeaf, Ballot, MeetingCreated
from voting.sequencer import Sequencer, Stopped
from voting.words import Channel, Choice
from yunting.backends import open_leaf_store

MEETING = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
CALLERS = 64
STOPPED = 3


def ballot(log: Sequencer, caller: int) -> Ballot:
    at = log.stamp()
    return Ballot(
        meeting=at.meeting,
        seq=at.seq,
        utc_ms=at.utc_ms,
        actor=f"C{caller}",
        amount_fen=19_900,
        channel=Channel.ONLINE,
        choice=Choice.AGREE,
        creditor=f"C{caller}",
        division="all",
        heads=1,
        idem=f"i{at.seq}",
        mandate="",
        motion="m1",
        paper="",
        round=1,
        salt=f"{at.seq:032x}",
    )


def told(receipt: bytes) -> None:
    # One write to the pipe for each receipt: it has left this process, as it would have left for the voter.
    sys.stdout.buffer.write(receipt + b"\n")
    sys.stdout.flush()


async def main(folder: Path, key: CourtKey) -> None:
    store = await open_leaf_store(os.environ.get("VOTE_STORE") or f"sqlite:///{folder / 'ballots.sqlite'}")
    sources = Sources(lambda: time.monotonic_ns() // 1_000, lambda: time.time_ns() // 1_000_000)
    replayed: list[AnyLeaf] = []
    log = await Sequencer.open(store, MEETING, key, sources, replayed.append)

    async def vote(caller: int) -> None:
        while True:
            told(await log.append(ballot(log, caller)))

    async with asyncio.TaskGroup() as group:
        group.create_task(log.run())
        if not replayed:
            at = log.stamp()
            first = MeetingCreated(
                meeting=MEETING, seq=0, utc_ms=at.utc_ms, alg="sha256", case_no="1", ruleset="EBL2006+JI3", title="t"
            )
            told(await log.append(first))
        for caller in range(CALLERS):
            group.create_task(vote(caller))


if __name__ == "__main__":
    where = Path(sys.argv[1])
    if len(sys.argv) > 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
    try:
        asyncio.run(main(where, CourtKey.load_or_create(where / "court.pem")))
    except* Stopped:
        sys.exit(STOPPED)
