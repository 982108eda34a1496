"""A camera before which people come and go: photographs on a plain wall, encoded while it runs."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from PIL import Image

from identity.engine import Rgb
from tests.fakes.aiortc_clients import new_client, offer_of, take_answer
from tests.fakes.courthouse import Page

WIDTH, HEIGHT, FPS = 640, 480, 10
_WALL = 150


def seat_picture(*photos: Path) -> Rgb:
    """The people of these photographs side by side; nobody without one."""
    wall = Image.fromarray(np.full((HEIGHT, WIDTH, 3), _WALL, np.uint8))
    room = WIDTH // max(1, len(photos))
    for place, file in enumerate(photos):
        with Image.open(file) as photo:
            shown = photo.convert("RGB")
            # Heads are at the top of these portraits.
            shown = shown.crop((0, 0, shown.width, min(shown.height, round(shown.width * 1.2))))
            shown.thumbnail((room, HEIGHT))
        wall.paste(shown, (place * room + (room - shown.width) // 2, HEIGHT - shown.height))
    return np.asarray(wall)


class SeatCamera(MediaStreamTrack):
    """Shows `picture`, which may be changed at any time, with the noise of a sensor."""

    kind = "video"

    def __init__(self, picture: Rgb) -> None:
        super().__init__()
        self.picture = picture
        self.shown = 0
        """Pictures so far."""
        self._noise = np.random.default_rng(1)
        self._begin_s = time.monotonic()

    async def recv(self) -> av.VideoFrame:
        """The next frame, when it is due."""
        number = self.shown + 1
        await asyncio.sleep(max(0.0, self._begin_s + number / FPS - time.monotonic()))
        noise = self._noise.integers(-3, 4, self.picture.shape, dtype=np.int16)
        frame = av.VideoFrame.from_ndarray(
            np.clip(self.picture.astype(np.int16) + noise, 0, 255).astype(np.uint8), format="rgb24"
        )
        frame.pts, frame.time_base = number * 90_000 // FPS, Fraction(1, 90_000)
        self.shown = number
        return frame


async def send_camera(page: Page, camera: SeatCamera, codec: str = "video/VP8") -> RTCPeerConnection:
    """Send the camera to the courtroom, or the gate, of this page."""
    peer = new_client()
    transceiver = peer.addTransceiver(camera, direction="sendonly")
    wanted = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType == codec]
    transceiver.setCodecPreferences(wanted)
    offer = await offer_of(peer)
    await page.say(type="offer", re="send", direction="send", sdp=offer, tracks={str(transceiver.mid): "camera"})
    answer = await page.answer("send")
    assert answer["type"] == "answer", answer
    await take_answer(peer, answer["sdp"])
    return peer
