"""The ICE-lite agent: who is let in, role conflicts, restarts."""

from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media_server import ice, stun
from media_server.sdp import IceCredentials

pytestmark = pytest.mark.unit

REMOTE = IceCredentials("them", "t" * 24)
SOURCE = ("192.0.2.9", 4000)
TRANSACTIONS = (number.to_bytes(12, "big") for number in itertools.count())


def check(local: IceCredentials, *, controlling: bool = True, use_candidate: bool = False) -> stun.Message:
    return stun.parse(
        stun.request(
            next(TRANSACTIONS),
            f"{local.ufrag}:them",
            local.pwd,
            controlling=controlling,
            use_candidate=use_candidate,
        )
    )


def test_a_check_with_our_password_is_answered() -> None:
    agent = ice.IceLite(REMOTE)
    checked = agent.check(check(agent.local), SOURCE, 0.0)
    assert checked is not None
    assert (checked.valid, checked.nominated) == (True, False)
    answer = stun.parse(checked.answer)
    assert answer.mapped_address == SOURCE
    assert answer.authentic(agent.local.pwd)
    nominated = agent.check(check(agent.local, use_candidate=True), SOURCE, 0.0)
    assert nominated is not None
    assert nominated.nominated


def test_a_wrong_password_or_name_is_nobody() -> None:
    agent = ice.IceLite(REMOTE)
    assert agent.check(check(IceCredentials(agent.local.ufrag, "wrong" * 5)), SOURCE, 0.0) is None
    assert agent.check(check(IceCredentials("other", agent.local.pwd)), SOURCE, 0.0) is None
    answer = ice.refusal(check(IceCredentials("other", "wrong" * 5)))
    assert answer is not None
    assert stun.parse(answer).error_code == 401


def test_a_request_without_integrity_is_a_bad_request() -> None:
    bare = stun.parse(bytes.fromhex("000100002112a442") + b"transaction!")
    answer = ice.refusal(bare)
    assert answer is not None
    assert stun.parse(answer).error_code == 400


def test_a_request_that_names_a_peer_without_integrity_is_nobody() -> None:
    agent = ice.IceLite(REMOTE)
    whole = check(agent.local, use_candidate=True)
    assert whole.integrity_at is not None
    body = whole.raw[20 : whole.integrity_at]
    bare = stun.parse(whole.raw[:2] + len(body).to_bytes(2, "big") + whole.raw[4:20] + body)
    assert bare.username == whole.username
    assert agent.check(bare, SOURCE, 0.0) is None
    answer = ice.refusal(bare)
    assert answer is not None
    assert stun.parse(answer).error_code == 400


def test_answers_and_indications_are_never_answered() -> None:
    agent = ice.IceLite(REMOTE)
    answer = stun.parse(stun.success(check(agent.local), SOURCE, agent.local.pwd))
    assert agent.check(answer, SOURCE, 0.0) is None
    assert ice.refusal(answer) is None


def test_a_controlled_client_is_told_of_the_role_conflict() -> None:
    agent = ice.IceLite(REMOTE)
    checked = agent.check(check(agent.local, controlling=False), SOURCE, 0.0)
    assert checked is not None
    assert not checked.valid
    assert stun.parse(checked.answer).error_code == 487


def test_an_unknown_required_attribute_is_named() -> None:
    agent = ice.IceLite(REMOTE)
    message = check(agent.local)
    strange = stun.Message(
        message.kind, message.transaction, ((0x7777, b""), *message.attributes), message.raw, message.integrity_at
    )
    checked = agent.check(strange, SOURCE, 0.0)
    assert checked is not None
    assert not checked.valid
    answer = stun.parse(checked.answer)
    assert answer.error_code == 420
    assert answer.get(stun.Attribute.UNKNOWN_ATTRIBUTES) == b"\x77\x77"


def test_old_credentials_live_until_the_first_check_with_the_new_ones() -> None:
    agent = ice.IceLite(REMOTE)
    old = agent.local
    agent.restart(IceCredentials("them2", "u" * 24), 0.0)
    assert agent.local != old
    assert agent.remote.ufrag == "them2"
    assert agent.check(check(old), SOURCE, 1.0) is not None
    assert set(agent.ufrags) == {agent.local.ufrag, old.ufrag}
    assert agent.check(check(agent.local), SOURCE, 2.0) is not None
    assert agent.check(check(old), SOURCE, 3.0) is None
    assert agent.ufrags == (agent.local.ufrag,)


def test_old_credentials_end_after_the_grace_time() -> None:
    agent = ice.IceLite(REMOTE, restart_grace_s=30.0)
    old = agent.local
    agent.restart(REMOTE, 100.0)
    assert agent.check(check(old), SOURCE, 129.9) is not None
    assert agent.check(check(old), SOURCE, 130.0) is None


def test_a_replayed_check_moves_nothing() -> None:
    agent = ice.IceLite(REMOTE)
    nomination = check(agent.local, use_candidate=True)
    first = agent.check(nomination, SOURCE, 0.0)
    assert first is not None
    assert (first.valid, first.nominated) == (True, True)
    assert agent.check(nomination, ("203.0.113.5", 4000), 1.0) is None, "from elsewhere"
    again = agent.check(nomination, SOURCE, 1.0)
    assert again is not None
    assert not again.valid, "a repetition is answered, but proves nothing new"
    assert stun.parse(again.answer).kind is stun.Class.SUCCESS


def test_remembered_checks_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ice, "MAX_TRANSACTIONS", 4)
    agent = ice.IceLite(REMOTE)
    checks = [check(agent.local) for _ in range(6)]
    for each in checks:
        assert agent.check(each, SOURCE, 0.0) is not None
    assert len(agent._transactions) == 4
    assert agent.check(checks[-1], ("203.0.113.5", 4000), 1.0) is None


ATTRIBUTES = st.tuples(
    st.sampled_from([int(known) for known in stun.Attribute]) | st.integers(0, 0xFFFF),
    st.binary(max_size=24) | st.sampled_from([bytes(4), bytes(8), bytes(20)]),
)


@given(
    st.sampled_from([int(kind) for kind in stun.Class]),
    st.lists(ATTRIBUTES, max_size=8),
    st.sampled_from(["ours", "no password", "no signature"]),
    st.booleans(),
)
@example(0x0001, [], "ours", True)
def test_whatever_stands_in_a_message_only_our_password_makes_it_valid(
    kind: int, others: list[tuple[int, bytes]], signed: str, first: bool
) -> None:
    agent = ice.IceLite(REMOTE)
    name = (int(stun.Attribute.USERNAME), f"{agent.local.ufrag}:them".encode())
    listed = [name, *others] if first else [*others, name]
    body = b"".join(struct.pack("!HH", each, len(value)) + value + bytes(-len(value) % 4) for each, value in listed)
    head = struct.pack("!HHI", kind, len(body) + 24, stun.MAGIC_COOKIE) + next(TRANSACTIONS)
    key = agent.local.pwd if signed == "ours" else "another"
    data = head + body
    if signed == "no signature":
        data = head[:2] + len(body).to_bytes(2, "big") + head[4:] + body
    else:
        data += struct.pack("!HH", stun.Attribute.MESSAGE_INTEGRITY, 20) + stun._integrity(data, key)
    try:
        message = stun.parse(data)
    except stun.StunError:
        return
    checked = agent.check(message, SOURCE, 0.0)
    assert checked is None or (signed == "ours" and kind == stun.Class.REQUEST)
    for answer in (ice.refusal(message), None if checked is None else checked.answer):
        assert answer is None or stun.parse(answer).transaction == message.transaction
    if not others and signed == "ours" and kind == stun.Class.REQUEST:
        assert checked is not None
        assert checked.valid
