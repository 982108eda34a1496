"""Who is shut out stays out: nothing opened before, and nothing under way, is worth anything after a revocation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from aiortc.mediastreams import AudioStreamTrack

from hearing.events import Entry
from signaling.web import ADMISSION, ROOMS
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.courthouse import ID, courthouse

pytestmark = [pytest.mark.integration, pytest.mark.blocking_ok("aiortc reads files of its codecs")]

RESTART = "a=ice-ufrag:neww\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"


async def test_a_barred_participant_cannot_restart_their_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    use_loopback(monkeypatch)
    async with courthouse() as court:
        session = await court.session()
        clerk = await court.connect(session, "clerk")
        sender = new_client()
        try:
            sender.addTrack(AudioStreamTrack())
            async with court.http.post(
                f"{court.url}/whip/{session}",
                data=await offer_of(sender),
                headers={
                    "Content-Type": "application/sdp",
                    "Authorization": f"Bearer {court.ticket(session, 'judge')}",
                },
            ) as response:
                assert response.status == 201
                location, credential = response.headers["Location"], response.headers["X-Yunting-Credential"]
                await take_answer(sender, await response.text())
            await clerk.hear("publications", within_s=10)
            await court.app[ADMISSION].bar(session, ID["judge"])
            headers = {
                "Content-Type": "application/trickle-ice-sdpfrag",
                "X-Yunting-Credential": credential,
                "If-Match": "*",
            }
            async with court.http.patch(court.url + location, data=RESTART, headers=headers) as response:
                assert response.status == 404, await response.text()
            room = court.room(session)
            assert room.media.publications() == []
            assert room.media._peers == {}  # type: ignore[attr-defined]
        finally:
            await sender.close()


async def test_a_revocation_on_the_way_in_is_not_missed() -> None:
    async with courthouse() as court:
        session = await court.session()
        room = await court.app[ROOMS].get(session)
        arrived = room.ledger.arrived

        async def overtaken(participant: str, evidence: str) -> Sequence[Entry]:
            await court.app[ADMISSION].bar(session, participant)
            return await arrived(participant, evidence)

        room.ledger.arrived = overtaken  # type: ignore[method-assign]
        page = await court.open(ticket=court.ticket(session, "plaintiff"))
        assert (await page.hear("leave"))["code"] == "revoked"
        assert room.connections == {}
