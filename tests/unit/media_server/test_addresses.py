"""Candidate addresses: announced, bound, or the machine's."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from media_server.addresses import candidate_hosts

pytestmark = pytest.mark.unit


def machine(v4: bool, v6: bool) -> Sequence[str]:
    return ["fe80::1"] * v6 + ["fd00::2"] * v6 + ["192.0.2.2"] * v4


@pytest.mark.parametrize(
    ("bound", "announced", "expected"),
    [
        ("0.0.0.0", ("198.51.100.7",), ("198.51.100.7",)),
        ("192.0.2.9", (), ("192.0.2.9",)),
        ("0.0.0.0", (), ("192.0.2.2", "127.0.0.1")),
        ("::", (), ("192.0.2.2", "fd00::2", "127.0.0.1", "::1")),
    ],
)
def test_which_addresses_are_offered(bound: str, announced: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert candidate_hosts(bound, announced, machine) == expected


def test_a_name_is_refused_and_named() -> None:
    with pytest.raises(ValueError, match=r"court\.example"):
        candidate_hosts("::", ("court.example",), machine)
