"""The folder's face: data planes with a UDP port each, rooms, the timers of all of them, and the node's load."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Mapping, Sequence

import structlog

from hearing.errors import UserError
from hearing.tasks import TaskSet, log_fault
from media_server.dataplane.ports import Address, DataPlane
from media_server.load_meter import LoadMeter
from media_server.peer import Peer
from media_server.ports import Load, RoomListener, Shedding
from media_server.pulse import Pulse
from media_server.room import Room
from media_server.settings import SfuSettings
from media_server.station import Station, monotonic_us
from media_server.stress import Limits, Sample, Stress
from media_server.turn import ice_servers

__all__ = ["Sfu", "SfuSettings"]

_log = structlog.get_logger(__name__)

TICK_S = 0.1
HASTE_S = 0.02
"""The same while a publisher owes packets: when no more come of him nothing else asks for them."""


class Sfu:
    """Implements `ports.MediaServer`. A room is pinned to one of the data planes, that with the fewest connections
    when it opens: a forwarding thread each, and no packet crosses from one to another."""

    def __init__(self, settings: SfuSettings, plane: DataPlane, *more: DataPlane) -> None:
        self._settings = settings
        self._pulse = Pulse(self._beat, TICK_S)
        self._stations = [Station(plane, self._admit, self._pulse.awake) for plane in (plane, *more)]
        self._meter = LoadMeter([plane, *more])
        self._rooms: dict[str, tuple[Room, RoomListener]] = {}
        self._tasks = TaskSet()
        self._closed = False
        cores = float(len(os.sched_getaffinity(0)))
        self._stress = Stress(settings.limits or Limits(cores=cores))

    @property
    def address(self) -> Address | None:
        """Bound UDP address of the first data plane."""
        return self._stations[0].address

    @property
    def tcp_address(self) -> Address | None:
        """Bound ICE-TCP address of the first data plane."""
        return self._stations[0].tcp_address

    @property
    def peers(self) -> Sequence[Peer]:
        """All connections."""
        return [peer for station in self._stations for peer in station.peers.values()]

    async def start(self) -> None:
        """See `MediaServer.start`. ValueError when an announced address is a wildcard or no IP address."""
        settings = self._settings
        hosts = settings.announced or (settings.host,)
        if any(ipaddress.ip_address(host).is_unspecified for host in hosts):
            raise ValueError(f"announce an address that clients can reach, not {', '.join(hosts)}")
        for number, station in enumerate(self._stations):
            await station.start(settings, hosts, number)
        self._pulse.start()

    async def close(self) -> None:
        """See `MediaServer.close`."""
        if self._closed:
            return
        self._closed = True
        self._pulse.stop()
        for session in list(self._rooms):
            await self.close_room(session)
        await self._tasks.close()
        for station in self._stations:
            await station.close()

    def open_room(self, session: str, listener: RoomListener, *, beside: str | None = None) -> Room:
        """See `MediaServer.open_room`. RuntimeError before `start`."""
        if session in self._rooms:
            room, told = self._rooms[session]
            if told is not listener:
                raise KeyError(f"room {session} is open with another listener")
            return room
        station = min(self._stations, key=lambda station: (len(station.peers), self._rooms_on(station)))
        ground = station.ground if beside is None else self._rooms[beside][0].ground
        if ground is None:
            raise RuntimeError("the media server has not been started")
        grace_us = int(self._settings.lost_grace_s * 1_000_000)
        room = Room(ground, listener, self._tasks, _utc_ms, grace_us, self._settings.loudest)
        room.shed(self._shedding)
        self._rooms[session] = (room, listener)
        return room

    async def close_room(self, session: str) -> None:
        """See `MediaServer.close_room`."""
        entry = self._rooms.pop(session, None)
        if entry is not None:
            await entry[0].close()

    def ice_servers(self, participant: str) -> Sequence[Mapping[str, object]]:
        """See `MediaServer.ice_servers`."""
        return ice_servers(self._settings.turn, participant, time.time())

    def load(self) -> Load:
        """See `MediaServer.load`; at most a second old."""
        return self._stress.load

    def measured(self, sample: Sample, now_s: float) -> None:
        """Take a second's measurement: rooms give up, or take up again, what its stress asks for."""
        before = self._stress.load.shedding
        load = self._stress.measured(sample, now_s, sheds=self._settings.limits is not None)
        if load.shedding is before:
            return
        log = _log.warning if load.shedding > before else _log.info
        log("load shedding changed", now=load.shedding.name, before=before.name, stress=round(load.stress, 2))
        for room, _ in self._rooms.values():
            room.shed(load.shedding)

    @property
    def _shedding(self) -> Shedding:
        return self._stress.load.shedding

    def _rooms_on(self, station: Station) -> int:
        return sum(room.ground is station.ground for room, _ in self._rooms.values())

    def _beat(self, late_s: float) -> float:
        """Run the timers of all rooms; seconds until the next time."""
        sample = self._meter.woke(late_s)
        if sample is not None:
            self.measured(sample, time.monotonic())
        now_us = monotonic_us()
        for room, _ in list(self._rooms.values()):
            # One room's fault must not stop the timers of the others.
            try:
                room.tick(now_us)
            except Exception as fault:
                log_fault("room timer failed", fault)
        return HASTE_S if any(room.hasty for room, _ in self._rooms.values()) else TICK_S

    def _admit(self) -> None:
        if sum(len(station.peers) for station in self._stations) >= self._settings.max_peers:
            raise UserError(
                "media-full", "服务器的媒体连接已满，请稍后再试", "the server's media connections are full"
            )


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
