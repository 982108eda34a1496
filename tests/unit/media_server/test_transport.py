"""The hub over a recording data plane: whom it answers, binds and loses, and when (virtual time)."""

from __future__ import annotations

import asyncio
import itertools

import looptime
import pytest

from media_server import stun
from media_server.dataplane.ports import Address, PeerId
from media_server.ports import LossReason
from media_server.sdp import Fingerprint, IceCredentials
from media_server.transport import PeerTransport, TransportHub, TransportSettings

pytestmark = [pytest.mark.unit, pytest.mark.looptime]

REMOTE = IceCredentials("them", "t" * 24)
FINGERPRINT = Fingerprint("sha-256", ":".join(["AB"] * 32))
TRANSACTIONS = (number.to_bytes(12, "big") for number in itertools.count())
HOME, AWAY = ("192.0.2.1", 1000), ("192.0.2.2", 2000)


class RecordingPlane:
    """The verbs of a data plane that a hub uses."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.sent: list[tuple[bytes, Address]] = []
        self.answers: tuple[str, str] | None = None

    def add_peer(self, peer: PeerId) -> None:
        self.calls.append(("add", peer))

    def remove_peer(self, peer: PeerId) -> None:
        self.calls.append(("remove", peer))

    def bind_address(self, peer: PeerId, source: Address) -> None:
        self.calls.append(("bind", peer, source))

    def send_to_address(self, peer: PeerId, target: Address | None) -> None:
        self.calls.append(("send to", peer, target))

    def answer_checks(self, peer: PeerId, ufrag: str | None, password: str = "") -> None:
        self.answers = None if ufrag is None else (ufrag, password)

    def send_raw(self, data: bytes, target: Address) -> None:
        self.sent.append((data, target))


class Listener:
    def __init__(self) -> None:
        self.told: list[object] = []

    def transport_connected(self, peer: PeerId) -> None:
        self.told.append("connected")

    def transport_lost(self, peer: PeerId, reason: LossReason) -> None:
        self.told.append(reason)


class Stage:
    def __init__(self, settings: TransportSettings | None = None) -> None:
        self.plane, self.listener = RecordingPlane(), Listener()
        self.hub = TransportHub(self.plane, settings)  # type: ignore[arg-type]
        self.peer: PeerTransport = self.hub.open_peer(REMOTE, [FINGERPRINT], self.listener)

    def check(
        self, source: Address, *, nominate: bool = False, credentials: IceCredentials | None = None
    ) -> stun.Message:
        used = credentials or self.peer.local
        data = stun.request(next(TRANSACTIONS), f"{used.ufrag}:them", used.pwd, use_candidate=nominate)
        self.hub.on_stun(data, source)
        answer, target = self.plane.sent[-1]
        assert target == source
        return stun.parse(answer)


async def test_an_authentic_check_binds_and_a_nomination_moves_the_address() -> None:
    stage = Stage()
    assert stage.check(HOME).mapped_address == HOME
    assert stage.check(AWAY).mapped_address == AWAY
    one = stage.peer.id
    assert stage.plane.calls[1:] == [("bind", one, HOME), ("send to", one, HOME), ("bind", one, AWAY)]
    stage.check(AWAY, nominate=True)
    assert stage.plane.calls[-1] == ("send to", one, AWAY)
    await stage.hub.close()
    assert stage.plane.calls[-1] == ("remove", one)
    assert stage.listener.told == []


async def test_a_stranger_binds_nothing_and_starts_no_handshake() -> None:
    stage = Stage()
    wrong = IceCredentials(stage.peer.local.ufrag, "wrong" * 6)
    assert stage.check(HOME, credentials=wrong).error_code == 401
    assert stage.check(HOME, credentials=IceCredentials("nobody", "wrong" * 6)).error_code == 401
    for garbage in (b"", b"\0", b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12), b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12)):
        stage.hub.on_stun(garbage, HOME)
    stage.hub.on_dtls(PeerId(999), b"\x16")
    assert stage.plane.calls == [("add", stage.peer.id)]
    assert stage.peer.handshake is None
    await stage.hub.close()


async def test_without_a_first_check_the_peer_is_lost(looptime: looptime.LoopTimeProxy) -> None:
    stage = Stage(TransportSettings(connect_timeout_s=30))
    await asyncio.sleep(29)
    assert stage.listener.told == []
    await asyncio.sleep(3)
    assert stage.listener.told == [LossReason.CONSENT]
    await stage.hub.close()


async def test_a_handshake_that_never_ends_is_lost(looptime: looptime.LoopTimeProxy) -> None:
    stage = Stage(TransportSettings(connect_timeout_s=5, consent_timeout_s=60))
    stage.check(HOME)
    await asyncio.sleep(6)
    assert stage.listener.told == [LossReason.DTLS]
    assert stage.plane.calls[-1] == ("send to", stage.peer.id, None)
    await stage.hub.close()


async def test_the_data_plane_answers_checks_with_the_newest_credentials_only() -> None:
    stage = Stage()
    assert stage.plane.answers is None
    stage.check(HOME)
    former = stage.peer.local
    assert stage.plane.answers == (former.ufrag, former.pwd)
    newest = stage.peer.restart(REMOTE)
    assert stage.plane.answers is None
    stage.check(HOME, credentials=former)
    assert stage.plane.answers is None
    stage.check(HOME)
    assert stage.plane.answers == (newest.ufrag, newest.pwd)
    await stage.hub.close()


async def test_what_the_data_plane_answered_renews_consent_once(looptime: looptime.LoopTimeProxy) -> None:
    stage = Stage(TransportSettings(connect_timeout_s=600))
    stage.check(HOME)
    for number in range(5):
        await asyncio.sleep(5)
        stage.hub.on_consent(stage.peer.id, bytes((number,)) * 12, HOME)
    assert stage.listener.told == []
    await asyncio.sleep(6)
    stage.hub.on_consent(stage.peer.id, bytes(12), HOME)
    await asyncio.sleep(5)
    assert stage.listener.told == [LossReason.CONSENT], "one that was seen before renews nothing"
    replayed = stun.request(bytes(12), f"{stage.peer.local.ufrag}:them", stage.peer.local.pwd, use_candidate=True)
    stage.hub.on_stun(replayed, AWAY)
    assert ("send to", stage.peer.id, AWAY) not in stage.plane.calls, "nor does it move anything"
    stage.hub.on_consent(PeerId(999), bytes(12), HOME)
    await stage.hub.close()


async def test_consent_ends_ten_seconds_after_the_last_check(looptime: looptime.LoopTimeProxy) -> None:
    stage = Stage(TransportSettings(connect_timeout_s=600))
    for _ in range(5):
        stage.check(HOME)
        await asyncio.sleep(5)
    assert stage.listener.told == []
    await asyncio.sleep(6)
    assert stage.listener.told == [LossReason.CONSENT]
    assert stage.plane.calls[-1] == ("send to", stage.peer.id, None)
    await asyncio.sleep(60)
    assert len([reason for reason in stage.listener.told if reason is LossReason.CONSENT]) == 1
    await stage.hub.close()


async def test_a_restart_changes_credentials_and_forgets_the_old(looptime: looptime.LoopTimeProxy) -> None:
    stage = Stage()
    old = stage.peer.local
    new = stage.peer.restart(IceCredentials("them2", "u" * 24))
    assert new == stage.peer.local != old
    assert stage.check(HOME, credentials=old).kind is stun.Class.SUCCESS
    assert stage.check(HOME, credentials=new).kind is stun.Class.SUCCESS
    assert stage.check(HOME, credentials=old).error_code == 401
    await stage.hub.close()


async def test_closing_twice_is_closing_once() -> None:
    stage = Stage()
    await stage.peer.close()
    await stage.peer.close()
    await stage.hub.close()
    assert stage.plane.calls == [("add", stage.peer.id), ("remove", stage.peer.id)]
    assert stage.check(HOME).error_code == 401
