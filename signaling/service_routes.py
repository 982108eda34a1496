"""What operators and programs ask: `/healthz`, `/readyz`, `/metrics`, the court's card, the OpenAPI document; and the
device check's measure of its uplink."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Literal

import prometheus_client
from aiohttp import web
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from hearing.errors import UserError
from hearing.participant import CONNECTED
from hearing.session import is_recording
from identity.retention import Retention
from media_server.ports import Load, MediaServer, Shedding
from signaling.bodies import CourtCard, NodeLoad
from signaling.http import Senders, reply
from signaling.limits import Limiter
from signaling.openapi import document
from signaling.pages import EMBLEM
from signaling.rooms import Rooms
from signaling.services import Services
from signaling.staff.routes import StaffDesk

_SHEDDING: dict[Shedding, Literal["none", "fewer_tiles", "low_layers", "no_joins"]] = {
    Shedding.NONE: "none",
    Shedding.FEWER_TILES: "fewer_tiles",
    Shedding.LOW_LAYERS: "low_layers",
    Shedding.NO_JOINS: "no_joins",
}
NETWORK_CHECK_BYTES = 262_144
NETWORK_CHECK_TIMEOUT_S = 60.0


class ServiceRoutes:
    """Handlers."""

    def __init__(
        self, services: Services, rooms: Rooms, senders: Senders, desk: StaffDesk, retention: Retention
    ) -> None:
        self._services = services
        self._desk = desk
        self._senders = senders
        self._checks = Limiter(0.5, 30, services.sources.monotonic_us)
        self._registry = CollectorRegistry()
        self._courtrooms = _Courtrooms(rooms, services.media, retention)
        self._registry.register(self._courtrooms)
        prometheus_client.ProcessCollector(registry=self._registry)
        prometheus_client.PlatformCollector(registry=self._registry)
        prometheus_client.GCCollector(registry=self._registry)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
            web.get("/api/v1/court", self.court),
            web.get("/api/v1/load", self.load),
            web.post("/api/v1/network-check", self.network_check),
            web.get("/api/v1/openapi.json", self.openapi),
        ]

    async def healthz(self, request: web.Request) -> web.Response:
        """The process answers; how busy it is, in figures that say nothing of anybody."""
        load = _node_load(self._services.media.load())
        return web.Response(text=f"ok\nstress {load.stress}\nshedding {load.shedding}\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """The record can be written. Raises StoreUnavailable (503) when not."""
        await self._services.store.put("health", "ready", b"1")
        return web.Response(text="ready\n")

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text."""
        self._courtrooms.take()
        # In a thread: the process figures are read from /proc.
        body = await asyncio.to_thread(prometheus_client.generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST})

    async def court(self, request: web.Request) -> web.Response:
        """Who runs this server, and the fingerprints that verify its records."""
        settings = self._services.settings
        return reply(
            CourtCard(
                court=settings.court.name,
                key_fingerprint=self._services.court_key.fingerprint,
                verifier_sha256=self._services.verifier_sha256,
                ballot_verifier_sha256=self._services.ballot_verifier_sha256,
                version=self._services.version,
                time_zone=settings.court.time_zone,
                languages=["zh-CN", "en"],
                emblem=EMBLEM if settings.court.emblem else "",
                card_reader=settings.identity.card_reader_url,
            )
        )

    async def load(self, request: web.Request) -> web.Response:
        """How busy this node is, for the operator's screen."""
        await self._desk.require(request, "operator")
        return reply(_node_load(self._services.media.load()))

    async def network_check(self, request: web.Request) -> web.Response:
        """204 when at most `NETWORK_CHECK_BYTES` have arrived and been thrown away; the page times it.

        Raises UserError `too-many`, `too-large`.
        """
        if not self._checks.take(self._senders.prefix(request)):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        size_bytes = 0
        async with asyncio.timeout(NETWORK_CHECK_TIMEOUT_S):
            async for chunk in request.content.iter_any():
                size_bytes += len(chunk)
                if size_bytes > NETWORK_CHECK_BYTES:
                    raise UserError("too-large", "请求内容过大", "the body is too large")
        return web.Response(status=204)

    async def openapi(self, request: web.Request) -> web.Response:
        """The REST interface as OpenAPI 3.1."""
        return reply(document(request.app, self._services.version))


def _node_load(load: Load) -> NodeLoad:
    return NodeLoad(
        stress=round(load.stress, 3),
        shedding=_SHEDDING[load.shedding],
        cpu=round(load.cpu, 2),
        loop_lag_ms=round(load.loop_lag_ms, 1),
        packets_per_s=load.packets_per_s,
    )


class _Courtrooms(Collector):
    """Figures of the open courtrooms: taken on the event loop, rendered in a thread."""

    def __init__(self, rooms: Rooms, media: MediaServer, retention: Retention) -> None:
        self._rooms = rooms
        self._retention = retention
        self._media = media
        self._figures: list[tuple[str, str, float]] = []

    def take(self) -> None:
        """Count now."""
        rooms = self._rooms.all()
        load = self._media.load()
        people = [person for room in rooms for person in room.hearing.people.values()]
        self._figures = [
            ("yunting_courtrooms", "Open courtrooms", len(rooms)),
            ("yunting_courtrooms_recording", "Recording", sum(is_recording(r.hearing.state) for r in rooms)),
            ("yunting_connections", "Connected pages", sum(len(room.connections) for room in rooms)),
            ("yunting_participants_present", "Participants", sum(p.presence in CONNECTED for p in people)),
            ("yunting_publications", "Running tracks", sum(len(room.media.publications()) for room in rooms)),
            ("yunting_stress", "Load over limit of this node", load.stress),
            ("yunting_shedding", "What is given up: 0 nothing to 3 new joins", int(load.shedding)),
            ("yunting_face_templates", "Stored face templates; report from 100000 on", self._retention.templates),
            ("yunting_incidents", "Recording incidents", sum(room.hearing.incidents for room in rooms)),
        ]

    def collect(self) -> Iterator[Metric]:
        for name, text, value in self._figures:
            yield GaugeMetricFamily(name, text, value=value)
