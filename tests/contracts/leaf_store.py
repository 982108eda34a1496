"""What every LeafStore promises. A runner module gives the `store` fixture and subclasses the suite."""

from __future__ import annotations

import pytest

from records.errors import OutOfOrder
from voting.ports import KeptHead, LeafStore

M, N = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"


def some(first: int, count: int) -> list[bytes]:
    return [f'{{"seq":{seq},"text":"债权 \\u0000"}}'.encode() for seq in range(first, first + count)]


def head(size: int) -> KeptHead:
    return KeptHead(size, f'{{"size":{size}}}'.encode())


async def all_leaves(store: LeafStore, meeting: str, first: int = 0) -> list[bytes]:
    return [leaf async for leaf in store.leaves(meeting, first)]


class LeafStoreContract:
    async def test_what_is_committed_is_read_in_order(self, store: LeafStore) -> None:
        await store.commit(M, 0, some(0, 3), head(3))
        await store.commit(M, 3, some(3, 4_500), head(4_503))
        await store.commit(N, 0, some(0, 1), head(1))
        assert await all_leaves(store, M) == some(0, 4_503)
        assert await all_leaves(store, M, 4_501) == some(4_501, 2)
        assert await all_leaves(store, M, 4_503) == []
        assert await store.size(M) == 4_503
        assert await store.size(N) == 1
        assert await store.leaf(M, 4_502) == some(4_502, 1)[0]
        assert await store.leaf(M, 4_503) is None
        assert await store.leaf(M, -1) is None
        assert tuple(await store.meetings()) == (M, N)

    async def test_a_leaf_s_head_is_the_first_over_it(self, store: LeafStore) -> None:
        await store.commit(M, 0, some(0, 3), head(3))
        await store.commit(M, 3, some(3, 2), head(5))
        assert tuple(await store.heads(M)) == (head(3), head(5))
        assert [await store.head_over(M, seq) for seq in (0, 2, 3, 4, 5)] == [
            head(3),
            head(3),
            head(5),
            head(5),
            None,
        ]

    async def test_an_unknown_meeting_is_empty(self, store: LeafStore) -> None:
        assert await store.size(M) == 0
        assert await all_leaves(store, M) == []
        assert tuple(await store.heads(M)) == ()
        assert await store.head_over(M, 0) is None
        assert tuple(await store.meetings()) == ()

    async def test_what_does_not_follow_is_refused_and_changes_nothing(self, store: LeafStore) -> None:
        await store.commit(M, 0, some(0, 2), head(2))
        for first, count, size in ((0, 1, 1), (1, 1, 2), (3, 1, 4), (2, 1, 2), (2, 1, 4), (2, 0, 2)):
            with pytest.raises(OutOfOrder):
                await store.commit(M, first, some(first, count), head(size))
        assert await all_leaves(store, M) == some(0, 2)
        assert tuple(await store.heads(M)) == (head(2),)
        await store.commit(M, 2, some(2, 1), head(3))
        assert await store.size(M) == 3

    async def test_close_twice(self, store: LeafStore) -> None:
        await store.commit(M, 0, some(0, 1), head(1))
        await store.close()
        await store.close()
