"""WHIP and WHEP with plain aiortc as the client: RFC 9725 status codes, restart, trickle, end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from tests.fakes.aiortc_clients import new_client, offer_of, take_answer, use_loopback
from tests.fakes.courthouse import ID, Courthouse, courthouse

pytestmark = [pytest.mark.integration, pytest.mark.blocking_ok("aiortc reads files of its codecs")]

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


@pytest.fixture
async def court(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Courthouse]:
    use_loopback(monkeypatch)
    async with courthouse() as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def sending(video: bool = False) -> tuple[RTCPeerConnection, str]:
    client = new_client()
    client.addTrack(AudioStreamTrack())
    if video:
        client.addTrack(VideoStreamTrack())
    return client, await offer_of(client)


async def test_publish_watch_restart_and_delete(court: Courthouse) -> None:
    session = await court.session()
    clerk = await court.connect(session, "clerk")
    sender, offer = await sending()
    viewer = new_client()
    try:
        ticket = court.ticket(session, "judge")
        async with court.http.post(
            f"{court.url}/whip/{session}", data=offer, headers={**SDP, **bearer(ticket)}
        ) as response:
            assert response.status == 201, await response.text()
            assert response.content_type == "application/sdp"
            etag, location = response.headers["ETag"], response.headers["Location"]
            credential = response.headers["X-Yunting-Credential"]
            assert "ETag" in response.headers["Access-Control-Expose-Headers"]
            await take_answer(sender, await response.text())
        told = await clerk.hear("publications", within_s=10)
        assert [(p["participant"], p["source"]) for p in told["publications"]] == [(ID["judge"], "microphone")]

        viewer.addTransceiver("audio", direction="recvonly")
        heard: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        viewer.on("track", lambda track: heard.done() or heard.set_result(track))
        async with court.http.post(
            f"{court.url}/whep/{session}/judge",
            data=await offer_of(viewer),
            headers={**SDP, **bearer(court.ticket(session, "clerk"))},
        ) as response:
            assert response.status == 201, await response.text()
            watch = response.headers["Location"]
            watch_credential = response.headers["X-Yunting-Credential"]
            await take_answer(viewer, await response.text())
        track = await asyncio.wait_for(heard, 5)
        async with asyncio.timeout(10):
            frame = await track.recv()  # type: ignore[attr-defined]
        assert frame.sample_rate == 48_000

        resource = court.url + location
        trickle = "a=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n"
        with_ticket = {**FRAGMENT, **bearer(ticket)}
        async with court.http.patch(resource, data=trickle, headers=with_ticket) as response:
            assert response.status == 428
        async with court.http.patch(resource, data=trickle, headers={**with_ticket, "If-Match": '"x"'}) as response:
            assert response.status == 412
        async with court.http.patch(resource, data=trickle, headers={**with_ticket, "If-Match": etag}) as response:
            assert response.status == 204
        async with court.http.patch(
            resource, data=trickle, headers={**with_ticket, **SDP, "If-Match": etag}
        ) as response:
            assert response.status == 415
        restart = (
            "a=ice-ufrag:neww\r\na=ice-pwd:0123456789012345678901\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
        )
        async with court.http.patch(resource, data=restart, headers={**with_ticket, "If-Match": "*"}) as response:
            assert response.status == 200
            assert response.headers["ETag"] != etag
            fragment = await response.text()
            assert "a=ice-ufrag:" in fragment
            assert "a=candidate:" in fragment
        by_credential = {"X-Yunting-Credential": credential}
        async with court.http.delete(court.url + watch, headers=by_credential) as response:
            assert response.status == 401
        async with court.http.delete(
            court.url + watch, headers={"X-Yunting-Credential": watch_credential}
        ) as response:
            assert response.status == 200
        async with court.http.delete(resource, headers=by_credential) as response:
            assert response.status == 200
        async with court.http.delete(resource, headers=by_credential) as response:
            assert response.status == 404
        assert court.services.book.hearings()[0].people[ID["judge"]].presence == "left"
        assert court.services.book.hearings()[0].people[ID["clerk"]].presence == "present"
    finally:
        await sender.close()
        await viewer.close()


async def test_what_is_refused(court: Courthouse) -> None:
    session, other = await court.session(), await court.session()
    sender, offer = await sending()
    url = f"{court.url}/whip/{session}"
    try:
        used = court.ticket(session, "judge")
        async with court.http.post(url, data=offer, headers={**SDP, **bearer(used)}) as response:
            assert response.status == 201
        for headers, data, status, code in (
            (SDP, offer, 401, "ticket-invalid"),
            ({**SDP, **bearer("forged")}, offer, 401, "ticket-invalid"),
            ({**SDP, **bearer(used)}, offer, 401, "ticket-used"),
            ({**SDP, **bearer(court.ticket(other, "judge"))}, offer, 403, "ticket-wrong-session"),
            ({"Content-Type": "text/plain", **bearer("x")}, offer, 415, "wrong-content-type"),
            ({**SDP, **bearer(court.ticket(session, "judge"))}, "nonsense", 400, None),
            ({**SDP, **bearer(court.ticket(session, "judge"))}, b"\xff\xfe", 400, "sdp-invalid"),
            ({**SDP, **bearer("x")}, "v=0" + "x" * 300_000, 413, "sdp-too-large"),
        ):
            async with court.http.post(url, data=data, headers=headers) as response:
                body = await response.json()
                assert (response.status, code or body["error"]) == (status, body["error"])
                assert (response.status != 401) or "WWW-Authenticate" in response.headers
        for seat, code in (("nobody", "unknown-participant"), ("defendant", "not-publishing")):
            async with court.http.post(
                f"{court.url}/whep/{session}/{seat}",
                data=offer,
                headers={**SDP, **bearer(court.ticket(session, "clerk"))},
            ) as response:
                assert (await response.json())["error"] == code
        async with court.http.get(url) as response:
            assert response.status == 405
    finally:
        await sender.close()


async def test_preflight_for_pages_of_other_sites(court: Courthouse) -> None:
    async with court.http.options(f"{court.url}/whip/anything") as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        assert response.headers["Accept-Post"] == "application/sdp"
