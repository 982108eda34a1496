"""Token buckets, and what counts as one address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.limits import Bucket, Limiter, address_prefix

pytestmark = pytest.mark.unit


@given(st.floats(0.1, 1000), st.integers(1, 100), st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 30))))
def test_never_more_than_the_burst_plus_what_time_gave(
    per_s: float, burst: int, steps: list[tuple[int, int]]
) -> None:
    bucket = Bucket(per_s, burst, burst, 0)
    now_us = taken = 0
    for wait_us, tries in steps:
        now_us += wait_us
        taken += sum(bucket.take(now_us) for _ in range(tries))
        assert taken <= burst + per_s * now_us / 1e6 + 1e-6


def test_after_the_time_it_names_one_more_is_allowed() -> None:
    now_us = 0
    limiter = Limiter(2.0, 3, lambda: now_us)
    assert [limiter.take("k") for _ in range(4)] == [True, True, True, False]
    assert limiter.has("other")
    now_us += round(limiter.wait_s("k") * 1e6)
    assert limiter.take("k")
    assert not limiter.take("k")


def test_a_clock_that_stands_still_or_goes_back_gives_nothing() -> None:
    bucket = Bucket(1.0, 1, 1, 1_000_000)
    assert bucket.take(1_000_000)
    assert not bucket.take(0)


def test_forgets_the_longest_unused_key_only() -> None:
    limiter = Limiter(0.001, 1, lambda: 0, max_keys=2)
    assert limiter.take("a")
    assert limiter.take("b")
    assert not limiter.take("a")
    assert limiter.take("c")  # "b" is forgotten
    assert not limiter.take("a")
    assert limiter.take("b")


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_address_prefix(address: str, prefix: str) -> None:
    assert address_prefix(address) == prefix


@given(st.text(max_size=60))
def test_address_prefix_takes_any_text(text: str) -> None:
    assert address_prefix(text)
