"""A real Chromium page as a publisher or a viewer, driven through Playwright; it negotiates with any contender."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from yunting.bench.impair.relay import UdpRelay

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
_GRAIN = 6
"""The grain's brightness varies by 255 over this."""
_URL = "http://localhost/bench"
_HTML = """<!doctype html><meta charset=utf-8><title>bench</title><body><script>
let peer;
function prefer(transceiver, codec) {
  const known = RTCRtpReceiver.getCapabilities('video').codecs;
  transceiver.setCodecPreferences(known.filter(c => c.mimeType.toLowerCase() === 'video/' + codec)
    .concat(known.filter(c => /rtx/.test(c.mimeType))));
}
async function described(description) {
  await peer.setLocalDescription(description);
  while (peer.iceGatheringState !== 'complete') await new Promise(done => setTimeout(done, 20));
  return peer.localDescription.sdp;
}
async function offerMedia({codec, width, height, rate, layers}) {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width, height, frameRate: rate}});
  peer = new RTCPeerConnection();
  peer.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  const sendEncodings = layers.length ? layers.map(([rid, scaleResolutionDownBy, maxBitrate]) =>
    ({rid, scaleResolutionDownBy, maxBitrate})) : undefined;
  prefer(peer.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream], sendEncodings}),
    codec);
  return await described();
}
function viewer() {
  peer = new RTCPeerConnection();
  peer.ontrack = event => {
    const element = document.createElement(event.track.kind);
    element.autoplay = true; element.width = 320;
    element.srcObject = new MediaStream([event.track]);
    document.body.append(element);
  };
}
async function offerViewer({codec}) {
  viewer();
  peer.addTransceiver('audio', {direction: 'recvonly'});
  prefer(peer.addTransceiver('video', {direction: 'recvonly'}), codec);
  return await described();
}
async function accept(sdp) { await peer.setRemoteDescription({type: 'answer', sdp}); }
async function answer(sdp) {
  viewer();
  await peer.setRemoteDescription({type: 'offer', sdp});
  return await described(await peer.createAnswer());
}
async function sample() {
  const out = {at_s: performance.now() / 1000, frames: 0, freeze_s: 0, freezes: 0, video_bytes: 0, height: 0,
    audio_packets: 0, concealed: 0, samples: 0, sent_frames: 0};
  (await peer.getStats()).forEach(s => {
    if (s.type === 'inbound-rtp' && s.kind === 'video') {
      out.frames = s.framesDecoded || 0; out.freeze_s = s.totalFreezesDuration || 0;
      out.freezes = s.freezeCount || 0; out.video_bytes = s.bytesReceived || 0; out.height = s.frameHeight || 0;
    }
    if (s.type === 'inbound-rtp' && s.kind === 'audio') {
      out.audio_packets = s.packetsReceived || 0; out.samples = s.totalSamplesReceived || 0;
      out.concealed = (s.concealedSamples || 0) - (s.silentConcealedSamples || 0);
    }
    if (s.type === "outbound-rtp" && s.kind === "video")
      out.sent_frames = Math.max(out.sent_frames, s.framesEncoded || 0);
  });
  return out;
}
</script>"""


class Sample(msgspec.Struct, frozen=True):
    """Counters of a page's connection since it began; times in seconds of the page's clock."""

    at_s: float
    frames: int
    """Decoded."""
    freeze_s: float
    freezes: int
    video_bytes: int
    height: int
    audio_packets: int
    concealed: int
    """Audio samples made up for lost ones, silence left out."""
    samples: int
    sent_frames: int


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """What a publishing page sends. `layers`: rid, scale-down, bits per second; empty without simulcast."""

    codec: str = "vp8"
    width: int = 960
    height: int = 540
    rate: int = 20
    layers: tuple[tuple[str, float, int], ...] = (("l", 4.0, 150_000), ("m", 2.0, 500_000), ("h", 1.0, 1_700_000))


class BrowserPage:
    """Implements `Negotiator`. `camera` None makes a viewer; `relay` is the network that it sits behind."""

    def __init__(self, page: Page, codec: str, camera: Camera | None = None, relay: UdpRelay | None = None) -> None:
        self._page, self._codec, self._camera, self._relay = page, codec, camera, relay

    async def offer(self) -> str:
        """See `Negotiator`."""
        if self._camera is None:
            sdp: str = await self._page.evaluate("how => offerViewer(how)", {"codec": self._codec})
        else:
            sdp = await self._page.evaluate("how => offerMedia(how)", msgspec.to_builtins(self._camera))
        return self._relay.for_server(sdp) if self._relay else sdp

    async def accept(self, answer: str) -> None:
        """See `Negotiator`."""
        await self._page.evaluate("sdp => accept(sdp)", self._relay.for_client(answer) if self._relay else answer)

    async def answer(self, offer: str) -> str:
        """See `Negotiator`."""
        offered = self._relay.for_client(offer) if self._relay else offer
        sdp: str = await self._page.evaluate("sdp => answer(sdp)", offered)
        return self._relay.for_server(sdp) if self._relay else sdp

    async def sample(self) -> Sample:
        """getStats now."""
        found: dict[str, Any] = await self._page.evaluate("() => sample()")
        return msgspec.convert(found, Sample, strict=False)


def grain(camera: Camera, seed: int) -> Iterator[bytes]:
    """A second of YUV4MPEG2: grain, other in each frame, takes all the bits that an encoder may spend, as a room full
    of people does. (Chromium's own fake camera fits 0.7 Mbit/s whatever the encoder is allowed.)"""
    yield f"YUV4MPEG2 W{camera.width} H{camera.height} F{camera.rate}:1 Ip A1:1 C420jpeg\n".encode()
    pixels = camera.width * camera.height
    dim = bytes(96 + value // _GRAIN for value in range(256))
    dice = random.Random(seed)
    for _ in range(camera.rate):
        yield b"FRAME\n" + dice.randbytes(pixels).translate(dim) + bytes((128,)) * (pixels // 2)


@asynccontextmanager
async def chromium(camera: Camera, seed: int) -> AsyncIterator[Browser]:
    """A browser with this camera and a fake microphone. ValueError when Playwright or Chromium is not here."""
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise ValueError("this benchmark needs Playwright: pip install playwright") from None
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise ValueError("this benchmark needs Chromium (Debian: apt-get install chromium)")
    with tempfile.NamedTemporaryFile(suffix=".y4m") as film:
        film.writelines(grain(camera, seed))
        film.flush()
        async with async_playwright() as playwright:
            args = [*FLAGS, f"--use-file-for-fake-video-capture={film.name}"]
            browser = await playwright.chromium.launch(executable_path=program, args=args)
            try:
                yield browser
            finally:
                await browser.close()


async def open_page(browser: Browser) -> Page:
    """A page with the script, in a context of its own; its origin is one that may use the camera."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.route(_URL, lambda route: route.fulfill(body=_HTML, content_type="text/html"))
    await page.goto(_URL)
    return page
