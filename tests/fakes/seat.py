"""A viewer in a room of cameras, steered, without a network."""

from __future__ import annotations

from collections.abc import Mapping

from media_server.dataplane.ports import PeerId
from media_server.downlink import Budget
from media_server.ports import DeliveryState, Source, View
from media_server.sdp import ChosenCodec, Codec
from media_server.steering import Stage, Steering
from media_server.subscription import Subscription
from tests.fakes.route_plane import TICK_US, Camera, FakeRoute, RoutePlane, camera

PLENTY = 50_000_000
VIEWER = PeerId(9)


class Seat:
    """A viewer in a room of cameras. Time goes on by tenths of a second."""

    def __init__(
        self,
        *names: str,
        screens: tuple[str, ...] = (),
        codec: str = "vp8",
        rids: tuple[str, ...] = ("l", "m", "h"),
        inner: Mapping[tuple[int, int], float] | None = None,
    ) -> None:
        self.plane = RoutePlane()
        self.stage = Stage()
        self.steering = Steering(self.stage)
        self.cameras: dict[str, Camera] = {name: camera(self.plane, name, rids, codec=codec) for name in names}
        self.cameras |= {name: camera(self.plane, name, (), Source.SCREEN) for name in screens}
        self.copies: dict[str, Subscription] = {}
        self.now_us = 1_000_000
        self.states: dict[str, DeliveryState] = {}
        self.told = 0
        for each in self.cameras.values():
            each.inner = dict(inner or {})
            each.run(self.now_us)
        for number, (name, each) in enumerate(self.cameras.items()):
            chosen = ChosenCodec(Codec(96, codec, 90_000), None, {})
            copy = Subscription(self.plane, VIEWER, each.publication, chosen, 5000 + number, None)  # type: ignore[arg-type]
            self.copies[name] = copy

    def run(self, seconds: float, budget_bps: int = PLENTY, *, jammed: bool = False) -> None:
        for _ in range(int(seconds * 1_000_000 / TICK_US)):
            self.now_us += TICK_US
            for each in self.cameras.values():
                each.run(self.now_us)
                if each.publication.tick(self.now_us):
                    self.stage.ladders.changed(each.publication)
                    self.steering.changed()
            budget = Budget(budget_bps, budget_bps, jammed)
            states = self.steering.steer(list(self.copies.values()), budget, self.now_us)
            for copy in self.copies.values():
                copy.connect()
                copy.settle()
            if states is not None:
                self.told += 1
                self.states = {state.publication_id.removeprefix("track "): state for state in states}

    def show(self, name: str, width: int, height: int) -> None:
        self.steering.show(f"track {name}", View(width, height))

    def route(self, name: str) -> FakeRoute:
        (route,) = [r for r in self.plane.routes.values() if r.route.out_ssrc == self.copies[name].ssrc]
        return route

    def layer(self, name: str) -> str:
        """The layer that the route of this copy takes; "-" while it is held."""
        route = self.route(name)
        if route.paused:
            return "-"
        layers = self.cameras[name].publication.layers
        return next(layer.rid for layer in layers if layer.ssrc == route.in_ssrc)

    def layers(self) -> str:
        return " ".join(self.layer(name) or "whole" for name in self.cameras)
