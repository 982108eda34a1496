"""aiortc as a client on loopback: it never offers 127.0.0.1 by itself and would ask a public STUN server."""

from __future__ import annotations

import aioice.ice
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription


def use_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give aioice 127.0.0.1 as its only host address."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


def new_client() -> RTCPeerConnection:
    """A peer connection that contacts nobody but the remote candidates."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


async def offer_of(client: RTCPeerConnection) -> str:
    """Set and return the client's complete offer."""
    await client.setLocalDescription(await client.createOffer())
    return client.localDescription.sdp


async def take_answer(client: RTCPeerConnection, sdp: str) -> None:
    """Give the client our answer."""
    await client.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))
