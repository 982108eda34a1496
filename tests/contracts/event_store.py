"""What every EventStore promises. A runner module gives the `store` fixture and subclasses the suite."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from records.chain import check_chain, sign_head
from records.errors import OutOfOrder
from records.keys import CourtKey
from records.ports import EventStore
from tests.fakes.hearings import chained


async def read(store: EventStore, session: str, after_seq: int = 0) -> list[int]:
    return [entry.seq async for entry in store.read(session, after_seq)]


class EventStoreContract:
    async def test_gives_back_exactly_what_was_appended(self, store: EventStore) -> None:
        entries = chained("a", 5)
        await store.append(entries[:1])
        await store.append(entries[1:])
        assert [entry async for entry in store.read("a")] == entries
        assert await store.last("a") == entries[-1]

    async def test_unknown_session_is_empty(self, store: EventStore) -> None:
        assert await read(store, "nobody") == []
        assert await store.last("nobody") is None
        assert await store.heads("nobody") == ()

    async def test_reads_on_from_a_seq(self, store: EventStore) -> None:
        await store.append(chained("a", 5))
        assert await read(store, "a", 3) == [4, 5]
        assert await read(store, "a", 5) == []
        assert await read(store, "a", 99) == []

    async def test_a_log_longer_than_any_page_is_whole(self, store: EventStore) -> None:
        entries = chained("a", 1203)
        await store.append(entries)
        assert [entry async for entry in store.read("a")] == entries

    async def test_nothing_appended_changes_nothing(self, store: EventStore) -> None:
        await store.append([])
        assert await store.sessions() == ()

    async def test_a_gap_is_refused_and_named(self, store: EventStore) -> None:
        entries = chained("a", 3)
        await store.append(entries[:1])
        with pytest.raises(OutOfOrder) as refusal:
            await store.append(entries[2:])
        assert (refusal.value.session, refusal.value.seq, refusal.value.expected_seq) == ("a", 3, 2)

    async def test_a_repeated_entry_is_refused(self, store: EventStore) -> None:
        entries = chained("a", 2)
        await store.append(entries)
        with pytest.raises(OutOfOrder):
            await store.append(entries[1:])
        assert await read(store, "a") == [1, 2]

    async def test_a_first_entry_must_begin_the_chain(self, store: EventStore) -> None:
        first = msgspec.structs.replace(chained("a", 1)[0], prev="f" * 64)
        with pytest.raises(OutOfOrder):
            await store.append([first])
        assert await store.sessions() == ()

    async def test_a_fork_is_refused(self, store: EventStore) -> None:
        entries = chained("a", 3)
        await store.append(entries[:2])
        with pytest.raises(OutOfOrder):
            await store.append([msgspec.structs.replace(entries[2], prev="f" * 64)])
        assert await store.last("a") == entries[1]

    async def test_all_or_none(self, store: EventStore) -> None:
        entries = chained("a", 4)
        await store.append(entries[:1])
        with pytest.raises(OutOfOrder):
            await store.append([entries[1], entries[3]])
        assert await read(store, "a") == [1]
        with pytest.raises(OutOfOrder):
            await store.append([*chained("b", 2), entries[3]])
        assert await read(store, "b") == []
        assert await store.sessions() == ("a",)
        await store.append(entries[1:])
        assert await store.last("a") == entries[-1]

    async def test_of_two_writers_of_one_seq_exactly_one_wins(self, store: EventStore) -> None:
        first = chained("a", 1)
        await store.append(first)
        rivals = [chained("a", 1, after=first[0]) for _ in range(8)]
        results = await asyncio.gather(*(store.append(rival) for rival in rivals), return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [OutOfOrder] * 7
        assert await read(store, "a") == [1, 2]

    async def test_many_sessions_at_once_stay_apart(self, store: EventStore) -> None:
        logs = {f"s{n}": chained(f"s{n}", 20) for n in range(20)}

        async def write(session: str) -> None:
            for entry in logs[session]:
                await store.append([entry])

        await asyncio.gather(*(write(session) for session in logs))
        for session, entries in logs.items():
            found = [entry async for entry in store.read(session)]
            assert found == entries
            check_chain(session, found)

    async def test_a_reader_sees_whole_batches_only(self, store: EventStore) -> None:
        entries = chained("a", 200)

        async def write() -> None:
            for start in range(0, 200, 10):
                await store.append(entries[start : start + 10])

        async with asyncio.TaskGroup() as group:
            writing = group.create_task(write())
            while not writing.done():
                seqs = await read(store, "a")
                assert len(seqs) % 10 == 0
                assert seqs == list(range(1, len(seqs) + 1))
                await asyncio.sleep(0)

    async def test_what_was_appended_is_read_at_once(self, store: EventStore) -> None:
        entries = chained("a", 20)
        for entry in entries:
            await store.append([entry])
            assert await store.last("a") == entry

    async def test_sessions_oldest_first(self, store: EventStore) -> None:
        for session in ("zebra", "ant", "mole"):
            await store.append(chained(session, 1))
        await store.append(chained("zebra", 1, after=await store.last("zebra")))
        assert tuple(await store.sessions()) == ("zebra", "ant", "mole")

    async def test_heads_by_seq_and_each_once(self, store: EventStore) -> None:
        key = CourtKey.generate()
        entries = chained("a", 3)
        await store.append(entries)
        heads = [sign_head(entry, 1000, key) for entry in entries]
        for head in (heads[2], heads[0], heads[1], heads[0]):
            await store.add_head(head)
        assert list(await store.heads("a")) == heads
        assert await store.heads("b") == ()

    async def test_closing_twice_is_closing(self, store: EventStore) -> None:
        await store.append(chained("a", 1))
        await store.close()
        await store.close()
