"""Chromium with a microphone that plays a file once, and says by the machine's clock when the file began."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from playwright.async_api import Page, async_playwright

from tests.browser.sfu_stage import WHOLE
from yunting.bench.impair.page import FLAGS
from yunting.bench.spoken_source import RATE_HZ, Clip, speech_bounds
from yunting.demo.client import Presence

MARK_S = 0.5
"""The file is silent up to here; then comes a burst of 100 ms by which its beginning is found again."""
_URL = "http://localhost/microphone"
_HTML = """<!doctype html><meta charset=utf-8><title>microphone</title><script>
let peer, track, mark = null, late = Infinity;
async function open() {
  // As the product's pages ask for it.
  const audio = {echoCancellation: true, noiseSuppression: true, autoGainControl: true};
  [track] = (await navigator.mediaDevices.getUserMedia({audio})).getAudioTracks();
  listen(new MediaStreamTrackProcessor({track, maxBufferSize: 500}).readable.getReader());
}
// `late`: what the page's clock says minus the sound's own, at its least: a page that is busy reads late.
async function listen(reader) {
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    late = Math.min(late, performance.timeOrigin + performance.now() - value.timestamp / 1000);
    if (mark === null) {
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, {planeIndex: 0, format: 'f32-planar'});
      const at = samples.findIndex(sample => Math.abs(sample) > 0.02);
      if (at >= 0) mark = value.timestamp / 1000 + at * 1000 / value.sampleRate;
    }
    value.close();
  }
}
async function offer() {
  peer = new RTCPeerConnection();
  peer.addTransceiver(track, {direction: 'sendonly'});
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== 'complete') await new Promise(done => setTimeout(done, 20));
  return [peer.localDescription.sdp, peer.getTransceivers()[0].mid];
}
</script>"""


@dataclass(frozen=True, slots=True)
class Line:
    """A clip at a second of the file, and when its speech begins and ends."""

    clip: Clip
    at_s: float

    @property
    def span_s(self) -> tuple[float, float]:
        """From the first to the last loud sound."""
        begin_s, end_s = speech_bounds(self.clip.sound)
        return self.at_s + begin_s, self.at_s + end_s


def write_script(file: Path, lines: Sequence[Line], seconds: float) -> None:
    """The file for the microphone: the mark, the clips at their seconds, silence between."""
    sound = np.zeros(round(seconds * RATE_HZ), dtype=np.int16)
    burst = np.random.default_rng(1).integers(-20_000, 20_000, RATE_HZ // 10)
    sound[round(MARK_S * RATE_HZ) :][: len(burst)] = burst
    for line in lines:
        sound[round(line.at_s * RATE_HZ) :][: len(line.clip.sound)] = line.clip.sound
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48_000)
        out.writeframes(soxr.resample(sound, RATE_HZ, 48_000).tobytes())


class Microphone:
    """One page that has opened its microphone."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def publish(self, presence: Presence) -> None:
        """Send it, once it plays."""
        await self._page.wait_for_function("mark !== null")
        sdp, mid = await self._page.evaluate("offer()")
        answer = await presence.offer("send", sdp, {mid: "microphone"})
        await self._page.evaluate("sdp => peer.setRemoteDescription({type: 'answer', sdp})", answer.sdp)
        await self._page.wait_for_function("peer.connectionState === 'connected'")

    async def began_utc_ms(self) -> float:
        """When the file's first sample sounded."""
        return float(await self._page.evaluate("mark + late")) - MARK_S * 1000


@asynccontextmanager
async def microphone(script: Path) -> AsyncIterator[Microphone]:
    """A browser of its own: the file is named on its command line. It begins to play at once."""
    flag = f"--use-file-for-fake-audio-capture={script}%noloop"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(WHOLE), args=[*FLAGS, flag])
        context = await browser.new_context(permissions=["microphone"])
        page = await context.new_page()
        await page.route(_URL, lambda route: route.fulfill(content_type="text/html", body=_HTML))
        await page.goto(_URL)
        await page.evaluate("open()")
        yield Microphone(page)
        await browser.close()
