"""A process that takes ballots until it dies, and the audit of what it left against the receipts it gave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hearing.clock import Sources
from records.keys import CourtKey
from voting.leaves import AnyLeaf
from voting.merkle import MerkleTree
from voting.receipts import receipt
from voting.sequencer import Sequencer
from voting.tree_heads import head_is_valid, read_head
from yunting.backends import open_leaf_store

ROOT = Path(__file__).parents[2]
MEETING = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
STOPPED = 3


def voting(folder: Path, *more: str, before: Sequence[str] = (), **env: str) -> subprocess.Popen[bytes]:
    """The process, its log in `folder`; `more[0]` limits its files' bytes, `before` goes before its command."""
    command = [*before, sys.executable, "-m", "tests.integration.vote_until_killed", str(folder), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, **env})


def some_receipts(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    """The next `count` receipts; the process goes on."""
    assert process.stdout is not None
    return whole([process.stdout.readline() for _ in range(count)])


def receipts_until_killed(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    """Kill -9 after `count` receipts; all that had left the process by then."""
    assert process.stdout is not None
    read = [process.stdout.readline() for _ in range(count)]
    process.send_signal(signal.SIGKILL)
    read += process.stdout.readlines()
    assert process.wait(20) == -signal.SIGKILL
    process.stdout.close()
    return whole(read)


def receipts_until_stopped(process: subprocess.Popen[bytes]) -> list[bytes]:
    """All receipts of a process that ends because its log could not be written."""
    assert process.stdout is not None
    read = process.stdout.readlines()
    assert process.wait(20) == STOPPED
    process.stdout.close()
    return whole(read)


def whole(lines: list[bytes]) -> list[bytes]:
    return [line[:-1] for line in lines if line.endswith(b"\n")]


async def audit(folder: Path, key: CourtKey, receipts: list[bytes], url: str = "") -> int:
    """Every receipt is what the log in `folder` (or at `url`) gives now, every head is signed and reproduces, and the
    sequencer opens the log; returns its size."""
    store = await open_leaf_store(url or f"sqlite:///{folder / 'ballots.sqlite'}")
    try:
        replayed: list[AnyLeaf] = []
        await Sequencer.open(store, MEETING, key, Sources(lambda: 0, lambda: 0), replayed.append)
        leaves = [leaf async for leaf in store.leaves(MEETING)]
        heads = await store.heads(MEETING)
        tree = MerkleTree("sha256", leaves)
        for kept in heads:
            head = read_head(kept.data)
            assert head_is_valid(head, key.public_bytes)
            assert (head.size, head.root) == (kept.size, tree.root(head.size).hex())
        over = {kept.size: kept for kept in heads}
        for given in receipts:
            told = msgspec.json.decode(given)
            assert given == receipt(over[told["head"]["size"]].data, leaves[told["leaf"]["seq"]])
        assert len({msgspec.json.decode(given)["leaf"]["seq"] for given in receipts}) == len(receipts)
        return len(leaves)
    finally:
        await store.close()
