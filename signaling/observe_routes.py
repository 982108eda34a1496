"""`/api/v1/observe/...` and `/api/v1/devices/...`: those who only watch come by themselves, each as a participant."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence

import msgspec
from aiohttp import web

from hearing import events as ev
from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.roles import Role
from hearing.session import is_over
from hearing.state import Hearing
from records.ledger import Ledger
from records.ports import KeyValueStore
from signaling.admission import Admission
from signaling.bodies import Device, ForSession, NewDevice, NewDeviceCredential, ObserverSignIn, Ticket
from signaling.http import Senders, bearer_of, body_of, reply
from signaling.limits import Limiter
from signaling.services import Services
from signaling.sessions.desk import SessionDesk
from signaling.staff.routes import StaffDesk
from signaling.view import closed_to_public

DEVICES = "devices"


class StoredDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device as stored; its credential only as SHA-256."""

    device: Device
    secret_sha256: str


class ObserveRoutes:
    """Handlers for observers and devices."""

    def __init__(
        self,
        services: Services,
        desk: StaffDesk,
        sessions: SessionDesk,
        admission: Admission,
        senders: Senders,
    ) -> None:
        now_us = self._now_us = services.sources.monotonic_us
        self._services = services
        self._store: KeyValueStore = services.store
        self._desk = desk
        self._sessions = sessions
        self._admission = admission
        self._senders = senders
        self._arrivals = Limiter(1.0, 20, now_us)
        self._wrong = Limiter(0.5, 30, now_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        return [
            web.post("/api/v1/observe/{session}/ticket", self.observe),
            web.get("/api/v1/devices", self.devices),
            web.post("/api/v1/devices", self.create),
            web.post("/api/v1/devices/ticket", self.display),
            web.get("/api/v1/devices/sessions", self.sessions),
            web.delete("/api/v1/devices/{id}", self.delete),
        ]

    async def observe(self, request: web.Request) -> web.Response:
        """Register as an observer of a public session and get a ticket; 403 `not-public` while it is closed (L17)."""
        body = await body_of(request, ObserverSignIn)
        if not body.declaration:
            raise UserError("declaration-needed", "请先作出旁听承诺", "the observer's declaration is needed")
        address = self._senders.prefix(request)
        if not self._arrivals.take(address):
            raise UserError("too-many-tries", "尝试次数过多，请稍后再试", "too many tries: wait a minute")
        ledger = await self._services.book.get(request.match_info["session"])
        gallery = self._admission.gallery
        participant = new_ulid(self._services.sources.utc_ms())
        seat = ev.Seat(
            participant=participant,
            seat=f"observer-{participant[-8:].lower()}",
            role=Role.OBSERVER,
            name=body.name,
            required=False,
        )

        def registered(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            _check_open(hearing)
            if closed_to_public(hearing):
                raise UserError("not-public", "本次庭审不公开，不能旁听", "this session is closed to the public")
            gallery.check(hearing, address, self._now_us())
            gallery.hold(hearing.session, participant, address, self._now_us())
            return [ev.ParticipantAdded(seat=seat)]

        await ledger.change("server", registered)
        return self._ticket(ledger, participant)

    async def display(self, request: web.Request) -> web.Response:
        """A ticket for a court display; it takes part as its own participant, the same one each time."""
        device = await self._device(request)
        body = await body_of(request, ForSession)
        if device.kind != "display":
            raise UserError("no-right", "该设备不能显示庭审", "this device is no display")
        ledger = await self._services.book.get(body.session)
        if device.court not in ("", ledger.hearing.court):
            raise UserError("no-right", "该设备属于其他法院", "this device belongs to another court")
        name = f"display-{device.id[-8:].lower()}"
        seat = ev.Seat(
            participant=new_ulid(self._services.sources.utc_ms()),
            seat=name,
            role=Role.DISPLAY,
            name=device.name,
            required=False,
        )

        def placed(hearing: Hearing, now_ms: int) -> Sequence[ev.AnyEvent]:
            _check_open(hearing)
            known = any(person.seat.seat == name for person in hearing.people.values())
            return () if known else [ev.ParticipantAdded(seat=seat)]

        await ledger.change("server", placed)
        people = ledger.hearing.people.items()
        return self._ticket(ledger, next(p for p, person in people if person.seat.seat == name))

    async def sessions(self, request: web.Request) -> web.Response:
        """Today's sessions of the device's court."""
        device = await self._device(request)
        return reply(await self._sessions.on_day(court=device.court))

    async def devices(self, request: web.Request) -> web.Response:
        """All devices."""
        await self._desk.require(request, "operator")
        return reply([_decode(raw).device for _, raw in await self._store.items(DEVICES)])

    async def create(self, request: web.Request) -> web.Response:
        """A new device; its credential is shown this once."""
        await self._desk.require(request, "operator")
        body = await body_of(request, NewDevice)
        device = Device(
            id=new_ulid(self._services.sources.utc_ms()), name=body.name, kind=body.kind, court=body.court
        )
        secret = secrets.token_urlsafe(32)
        kept = StoredDevice(device=device, secret_sha256=_digest(secret))
        await self._store.put(DEVICES, device.id, msgspec.json.encode(kept))
        return reply(
            NewDeviceCredential(**msgspec.structs.asdict(device), credential=f"{device.id}.{secret}"), status=201
        )

    async def delete(self, request: web.Request) -> web.Response:
        """End the device's credential, and its displays, at once. Idempotent."""
        await self._desk.require(request, "operator")
        device_id = request.match_info["id"]
        await self._store.delete(DEVICES, device_id)
        name = f"display-{device_id[-8:].lower()}"
        for hearing in self._services.book.hearings():
            for participant, person in hearing.people.items():
                if person.role is Role.DISPLAY and person.seat.seat == name:
                    await self._admission.bar(hearing.session, participant)
        return web.Response(status=204)

    async def _device(self, request: web.Request) -> Device:
        sender = self._senders.prefix(request)
        if not self._wrong.has(sender):
            raise UserError("too-many-tries", "尝试次数过多，请稍后再试", "too many tries: wait a minute")
        device_id, _, secret = (bearer_of(request) or "").partition(".")
        raw = await self._store.get(DEVICES, device_id)
        if raw is not None:
            kept = _decode(raw)
            if hmac.compare_digest(kept.secret_sha256, _digest(secret)):
                return kept.device
        self._wrong.take(sender)
        raise UserError("device-unknown", "设备凭证无效，请联系技术人员", "this device's credential is not valid")

    def _ticket(self, ledger: Ledger, participant: str) -> web.Response:
        token = self._admission.ticket(ledger.hearing, participant)
        return reply(Ticket(ticket=token, participant=participant, session=ledger.session))


def _check_open(hearing: Hearing) -> None:
    if is_over(hearing.state):
        raise UserError("session-over", "本次庭审已结束", "this session is over")


def _decode(raw: bytes) -> StoredDevice:
    return msgspec.json.decode(raw, type=StoredDevice)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
