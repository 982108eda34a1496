"""A stage for browser tests of the SFU: the server, a page with just enough script, and Chromium contexts."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from media_server.dataplane import make_data_plane
from media_server.ports import Direction, PublicationInfo
from media_server.room import Room
from media_server.sfu import Sfu, SfuSettings
from tests.fakes.room_listener import Told
from tests.fakes.udp_relay import UdpRelay
from yunting.bench.impair.page import FLAGS

WHOLE = Path("/usr/bin/chromium")
"""With a window, as people have it. The tool bar is a page too: each window costs about two CPU seconds more."""
_SHELL = Path("/usr/bin/chromium-headless-shell")
CHROMIUM = Path(os.environ.get("YUNTING_CHROMIUM") or (_SHELL if _SHELL.exists() else WHOLE))
"""The same engine, codecs and WebRTC without a window, where it is installed."""

_PAGE = """<!doctype html><meta charset=utf-8><title>stage</title><body><script>
const peers = {};
async function negotiate(pc, who, direction, resource, tracks) {
  await pc.setLocalDescription();
  const reply = await fetch('/answer', {method: 'POST', body: JSON.stringify({who, direction, resource,
    offer: peers.munge ? peers.munge(pc.localDescription.sdp) : pc.localDescription.sdp, tracks})});
  if (!reply.ok) throw new Error(await reply.text());
  const answer = await reply.json();
  await pc.setRemoteDescription({type: 'answer', sdp: answer.sdp});
  return answer.tracks;
}
async function publish(who, codec, width, height, tone) {
  const stream = await navigator.mediaDevices.getUserMedia(
    {audio: !tone, video: {width, height, frameRate: 15}});
  if (tone) {
    const context = new AudioContext(), out = context.createMediaStreamDestination();
    const source = context.createOscillator();
    peers.volume = context.createGain();
    source.connect(peers.volume).connect(out);
    source.start();
    stream.addTrack(out.stream.getAudioTracks()[0]);
  }
  const pc = peers.send = new RTCPeerConnection();
  pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  const video = pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream]});
  if (codec) {
    const all = RTCRtpSender.getCapabilities('video').codecs;
    video.setCodecPreferences(all.filter(c => c.mimeType.toLowerCase() === 'video/' + codec)
      .concat(all.filter(c => /rtx/.test(c.mimeType))));
  }
  peers.who = who;
  return await republish();
}
async function publishLayers(who, codec, rids, svc) {
  const stream = await navigator.mediaDevices.getUserMedia({video: {width: 1280, height: 720, frameRate: 15}});
  const pc = peers.send = new RTCPeerConnection();
  const encodings = rids.map((rid, at) => ({rid, scaleResolutionDownBy: 2 ** (rids.length - 1 - at),
    maxBitrate: [150000, 500000, 1200000].slice(-rids.length)[at], ...(svc ? {scalabilityMode: svc} : {})}));
  const video = pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream],
    sendEncodings: encodings.length ? encodings : [svc ? {scalabilityMode: svc} : {}]});
  const all = RTCRtpSender.getCapabilities('video').codecs;
  video.setCodecPreferences(all.filter(c => c.mimeType.toLowerCase() === 'video/' + codec)
    .concat(all.filter(c => /rtx/.test(c.mimeType))));
  peers.who = who;
  peers.video = video.sender;
  return await republish();
}
async function activate(rids) {
  const parameters = peers.video.getParameters();
  for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid);
  await peers.video.setParameters(parameters);
}
async function scale(mode) {
  const parameters = peers.video.getParameters();
  for (const encoding of parameters.encodings) {
    encoding.active = Boolean(mode);
    if (mode) encoding.scalabilityMode = mode;
  }
  await peers.video.setParameters(parameters);
}
async function republish() {
  const pc = peers.send;
  await pc.setLocalDescription();
  const tracks = {};
  for (const t of pc.getTransceivers())
    if (t.direction === 'sendonly') tracks[t.mid] = t.sender.track.kind === 'audio' ? 'microphone' : 'camera';
  return await negotiate(pc, peers.who, 'send', 'page', tracks);
}
async function subscribe(who, publications, resource = 'page') {
  const name = 'receive:' + resource;
  peers.who = who;
  let pc = peers[name];
  if (!pc) {
    pc = peers[name] = new RTCPeerConnection();
    pc.shown = []; pc.wanted = {};
    pc.ontrack = event => {
      const element = document.createElement(event.track.kind);
      element.autoplay = true; element.width = 160;
      element.srcObject = new MediaStream([event.track]);
      document.body.append(element);
    };
  }
  pc.asked = performance.now();
  for (const {kind, id} of publications)
    pc.addTransceiver(kind, {direction: 'recvonly'}).wants = id;
  return await resubscribe(resource);
}
async function resubscribe(resource = 'page') {
  const pc = peers['receive:' + resource];
  await pc.setLocalDescription();
  const tracks = {};
  for (const t of pc.getTransceivers()) if (t.mid && t.wants) tracks[t.mid] = t.wants;
  return await negotiate(pc, peers.who, 'receive', resource, tracks);
}
async function firstFrames(resource = 'page') {
  const pc = peers['receive:' + resource];
  const want = pc.getTransceivers().filter(t => t.receiver.track.kind === 'video' && t.wants).length;
  for (;;) {
    const got = (await stats('receive:' + resource)).inbound.filter(s => s.kind === 'video' && s.framesDecoded > 0);
    if (got.length >= want) return performance.now() - pc.asked;
    if (performance.now() - pc.asked > 20000) return null;
    await new Promise(done => setTimeout(done, 20));
  }
}
async function stats(name) {
  const out = {inbound: [], outbound: [], pair: null, remote: []};
  if (!peers[name]) return out;
  const report = await peers[name].getStats();
  report.forEach(s => {
    if (s.type === 'inbound-rtp') out.inbound.push({...s, codec: (report.get(s.codecId) || {}).mimeType});
    if (s.type === 'outbound-rtp') out.outbound.push({...s, codec: (report.get(s.codecId) || {}).mimeType});
    if (s.type === 'remote-inbound-rtp' || s.type === 'remote-outbound-rtp') out.remote.push(s);
    if (s.type === 'candidate-pair' && s.nominated) out.pair = s;
  });
  return out;
}
</script>"""


@dataclass(slots=True)
class Stage:
    """One room and one browser. `relays` maps a participant to the bad network it sits behind."""

    sfu: Sfu
    room: Room
    told: Told
    browser: Browser
    url: str
    relays: dict[str, UdpRelay] = field(default_factory=dict)
    etags: list[str] = field(default_factory=list)
    """Of every answer given, in order."""

    async def actor(self, **options: Any) -> Page:
        """A page in a context of its own."""
        context = await self.browser.new_context(**options)
        page = await context.new_page()
        await page.goto(self.url)
        return page

    async def publish(
        self, page: Page, who: str, codec: str, width: int = 320, height: int = 180, *, tone: bool = False
    ) -> dict[str, str]:
        """Send camera and microphone (or a steady tone, `peers.volume`); returns mid -> publication id."""
        tracks: dict[str, str] = await page.evaluate("all => publish(...all)", [who, codec, width, height, tone])
        return tracks

    async def publish_layers(
        self, page: Page, who: str, codec: str, rids: Sequence[str] = ("l", "m", "h"), svc: str | None = None
    ) -> dict[str, str]:
        """Send a 1280x720 camera in these encodings, each half the next one's size; `svc` is a scalability mode."""
        tracks: dict[str, str] = await page.evaluate("all => publishLayers(...all)", [who, codec, list(rids), svc])
        return tracks

    async def activate(self, page: Page, rids: Sequence[str]) -> None:
        """Send these encodings of `publish_layers` and pause the others, as the real page does when told."""
        await page.evaluate("rids => activate(rids)", list(rids))

    async def scale(self, page: Page, mode: str | None) -> None:
        """Send what `publish_layers` began in this scalability mode from now on, or nothing."""
        await page.evaluate("mode => scale(mode)", mode)

    async def subscribe(self, page: Page, who: str, wanted: Sequence[PublicationInfo]) -> float | None:
        """Receive these; returns milliseconds from before the offer until every video has a decoded frame."""
        listed = [{"kind": str(info.kind), "id": info.id} for info in wanted]
        await page.evaluate("([who, wanted]) => subscribe(who, wanted)", [who, listed])
        first: float | None = await page.evaluate("() => firstFrames()")
        return first

    async def stats(self, page: Page, name: str = "receive:page") -> dict[str, Any]:
        """getStats of one connection of the page, sorted by kind of report."""
        found: dict[str, Any] = await page.evaluate("name => stats(name)", name)
        return found

    async def until(self, condition: Any, what: str, timeout_s: float = 15.0) -> None:
        """Wait until `condition()` is true (it may be async)."""
        async with asyncio.timeout(timeout_s):
            while True:
                value = condition()
                if asyncio.iscoroutine(value):
                    value = await value
                if value:
                    return
                await asyncio.sleep(0.02)
        pytest.fail(what)


@contextlib.asynccontextmanager
async def stage(settings: SfuSettings | None = None) -> AsyncIterator[Stage]:
    """A running stage; skips where Chromium is absent."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    sfu = Sfu(settings or SfuSettings(), make_data_plane())
    await sfu.start()
    told = Told()
    room = sfu.open_room("stage", told)
    made: Stage | None = None

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def answer(request: web.Request) -> web.Response:
        asked = await request.json()
        given = await room.answer(
            asked["who"], Direction(asked["direction"]), asked["offer"], asked["tracks"], resource=asked["resource"]
        )
        assert made is not None
        made.etags.append(given.etag)
        relay = made.relays.get(asked["who"])
        sdp = relay.rewrite(given.sdp) if relay else given.sdp
        return web.json_response({"sdp": sdp, "tracks": dict(given.tracks)})

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/answer", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            made = Stage(sfu, room, told, browser, f"http://127.0.0.1:{port}/")
            try:
                yield made
            finally:
                await browser.close()
    finally:
        await runner.cleanup()
        await sfu.close()
