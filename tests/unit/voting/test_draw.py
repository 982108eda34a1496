"""A draw is fixed by the secret and the public text, chooses each once, and favours nobody."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.draw import commitment_of, draw, pool_root
from voting.merkle import ALGORITHMS

pytestmark = pytest.mark.unit

_algs = st.sampled_from(ALGORITHMS)
_secrets = st.binary(min_size=32, max_size=32)
_sizes = st.integers(1, 300).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size)))


@given(_algs, _secrets, st.text(max_size=30).filter(str.isprintable), _sizes)
def test_places_are_of_the_pool_each_once_and_the_same_each_time(
    alg: str, secret: bytes, public: str, sizes: tuple[int, int]
) -> None:
    count, pool_size = sizes
    chosen = draw(alg, secret, public, count, pool_size)
    assert len(set(chosen)) == len(chosen) == count
    assert all(0 <= place < pool_size for place in chosen)
    assert draw(alg, secret, public, count, pool_size) == chosen


@given(_secrets, st.integers(1, 50), st.integers(1, 50))
def test_drawing_fewer_gives_the_first_of_those_that_more_would(secret: bytes, fewer: int, others: int) -> None:
    more = fewer + others
    assert draw("sha256", secret, "p", more, 200)[:fewer] == draw("sha256", secret, "p", fewer, 200)


@given(_secrets, st.text(max_size=30).filter(str.isprintable), st.integers(1, 2**32))
def test_the_first_place_is_that_of_the_format(secret: bytes, public: str, pool_size: int) -> None:
    turn = 0
    while True:
        number = int(hashlib.sha256(secret + public.encode() + turn.to_bytes(8, "big")).hexdigest(), 16)
        if number < 2**256 - 2**256 % pool_size:
            break
        turn += 1
    assert draw("sha256", secret, public, 1, pool_size) == (number % pool_size,)


@given(_algs, _secrets, _secrets)
def test_a_commitment_is_of_one_secret(alg: str, secret: bytes, other: bytes) -> None:
    assert (commitment_of(alg, secret) == commitment_of(alg, other)) == (secret == other)


@given(st.lists(st.text("ABC0123456789", min_size=1, max_size=6), min_size=1, max_size=20, unique=True))
def test_the_pool_is_the_same_in_any_order_and_another_without_one(pool: list[str]) -> None:
    root = pool_root("sha256", pool)
    assert root == pool_root("sha256", pool[::-1])
    assert root != pool_root("sha256", pool[1:])


@pytest.mark.parametrize(("count", "pool_size"), [(0, 5), (6, 5), (1, 0), (-1, 5)])
def test_more_than_there_are_cannot_be_drawn(count: int, pool_size: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw("sha256", b"\x00" * 32, "p", count, pool_size)


def test_every_place_comes_about_as_often() -> None:
    found = Counter(
        place for turn in range(3_000) for place in draw("sha256", turn.to_bytes(32, "big"), "03 11 18 22", 3, 10)
    )
    # 900 each on average with a deviation of 25; fixed secrets, so the same each time.
    assert set(found) == set(range(10))
    assert all(780 < times < 1_020 for times in found.values())
