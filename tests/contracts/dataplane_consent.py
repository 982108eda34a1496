"""What every data plane promises of consent checks (RFC 7675) that it answers by itself."""

from __future__ import annotations

import time

import pytest

from media_server import stun
from tests.contracts.dataplane_world import (
    PUBLISHER,
    SUBSCRIBER,
    WithWorld,
    World,
    receiver_report,
    until,
)
from tests.fakes.srtp_client import SrtpClient

UFRAG, PASSWORD = "ours", "a password of ours"
TRANSACTION = b"transaction1"


def check(transaction: bytes = TRANSACTION, *, password: str = PASSWORD, **changes: bool) -> bytes:
    return stun.request(transaction, f"{UFRAG}:theirs", password, **changes)


async def answer(client: SrtpClient) -> stun.Message:
    while not client.other:
        await client.read()
    return stun.parse(client.other.pop())


class Consent(WithWorld):
    @pytest.mark.parametrize("nominates", [False, True])
    async def test_a_check_from_where_we_send_to_is_answered_and_told(self, world: World, nominates: bool) -> None:
        world.plane.answer_checks(SUBSCRIBER, UFRAG, PASSWORD)
        world.subscriber.send_raw(check(use_candidate=nominates))
        answered = await answer(world.subscriber)
        assert answered.kind is stun.Class.SUCCESS
        assert answered.transaction == TRANSACTION
        assert answered.mapped_address == world.subscriber.address
        assert answered.authentic(PASSWORD)
        await until(lambda: world.told.consent)
        assert world.told.consent == [(SUBSCRIBER, TRANSACTION, world.subscriber.address)]
        assert world.told.stun == []

    async def test_every_answered_check_is_told_before_what_comes_after_it(self, world: World) -> None:
        world.plane.answer_checks(SUBSCRIBER, UFRAG, PASSWORD)
        world.subscriber.send_raw(check())
        world.subscriber.send_raw(check())
        world.publisher.send_raw(check())
        await until(lambda: world.told.stun)
        told = (SUBSCRIBER, TRANSACTION, world.subscriber.address)
        assert world.told.consent == [told, told]
        assert world.told.stun == [(check(), world.publisher.address)]

    async def test_what_needs_judgement_goes_up(self, world: World) -> None:
        world.plane.answer_checks(SUBSCRIBER, UFRAG, PASSWORD)
        unknown = bytearray(check())
        unknown[unknown.index(b"\x00\x24\x00\x04") + 1] = 0x77
        datagrams = [
            check(password="another"),
            check(controlling=False),
            bytes(unknown),
            stun.request(TRANSACTION, "theirs:ours", PASSWORD),
            stun.success(stun.parse(check()), ("127.0.0.1", 1), PASSWORD),
            check()[:-8],
            b"\x00\x01" + bytes(40),
            b"\x00",
        ]
        for datagram in datagrams:
            world.subscriber.send_raw(datagram)
        await until(lambda: len(world.told.stun) == len(datagrams))
        assert [data for data, _ in world.told.stun] == datagrams
        assert world.told.consent == []

    @pytest.mark.parametrize("what", ["never said", "credentials taken back", "nothing is sent", "from elsewhere"])
    async def test_only_who_was_named_is_answered_and_only_where_we_send_to(self, world: World, what: str) -> None:
        elsewhere = SrtpClient()
        elsewhere.server = world.address
        if what != "never said":
            world.plane.answer_checks(SUBSCRIBER, UFRAG, PASSWORD)
        if what == "credentials taken back":
            world.plane.answer_checks(SUBSCRIBER, None)
        if what == "nothing is sent":
            world.plane.send_to_address(SUBSCRIBER, None)
        client = elsewhere if what == "from elsewhere" else world.subscriber
        world.plane.bind_address(SUBSCRIBER, elsewhere.address)
        client.send_raw(check())
        await until(lambda: world.told.stun)
        assert world.told.stun == [(check(), client.address)]
        assert world.told.consent == []
        elsewhere.close()

    @pytest.mark.parametrize(("ufrag", "password"), [("", PASSWORD), (UFRAG, ""), ("u" * 65, PASSWORD)])
    async def test_credentials_that_are_none(self, world: World, ufrag: str, password: str) -> None:
        with pytest.raises(ValueError, match="credentials"):
            world.plane.answer_checks(SUBSCRIBER, ufrag, password)
        with pytest.raises(KeyError):
            world.plane.answer_checks(type(SUBSCRIBER)(99), UFRAG, PASSWORD)

    async def test_reports_are_told_with_the_time_of_their_arrival(self, world: World) -> None:
        before_us = time.monotonic_ns() // 1000
        world.publisher.send_rtcp(receiver_report(7))
        await until(lambda: world.told.rtcp)
        assert world.told.rtcp == [(PUBLISHER, receiver_report(7))]
        assert before_us <= world.told.arrivals_us[0] <= time.monotonic_ns() // 1000
