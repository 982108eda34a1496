"""WHIP (RFC 9725) and WHEP: media by plain HTTP for cameras, encoders and players, on the same path as our pages.

A resource is one connection of one participant. It answers to the session credential of its 201, or to the ticket
it was made with. A participant who comes this way without a page is present as long as the media is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from hearing import events as ev
from hearing.errors import UserError
from hearing.participant import CONNECTED, Presence
from hearing.state import Hearing
from identity.tickets import Ticket
from media_server.ports import Answer, Direction
from signaling.admission import Admission
from signaling.courtroom import Courtroom
from signaling.http import bearer_of, read_body
from signaling.limits import Limiter
from signaling.media.messages import MAX_SDP_BYTES, check_media_allowed
from signaling.media.sdpfrag import credentials_of, media_of, restart_fragment, with_credentials
from signaling.rooms import Rooms
from signaling.services import Services

SDP_TYPE = "application/sdp"
FRAGMENT_TYPE = "application/trickle-ice-sdpfrag"
CREDENTIAL_HEADER = "X-Yunting-Credential"
MAX_RESOURCES = 8
"""Of one participant at once."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"Location, ETag, Link, {CREDENTIAL_HEADER}",
}
_SOURCES = {"audio": "microphone", "video": "camera"}

_log = structlog.get_logger("signaling")


@dataclass(slots=True)
class Resource:
    """One WHIP or WHEP connection. Secrets are kept as SHA-256."""

    id: str
    session: str
    participant: str
    direction: Direction
    secrets_sha256: tuple[str, str]
    offer: str
    tracks: dict[str, str]
    etag: str = ""
    url: str = field(default="")


class Whip:
    """Handlers of `/whip/{session}` and `/whep/{session}/{seat}`."""

    def __init__(self, services: Services, rooms: Rooms, admission: Admission) -> None:
        self._services = services
        self._rooms = rooms
        self._admission = admission
        self._resources: dict[str, Resource] = {}
        admission.when_hung_up(self._forget)
        limits = services.settings.limits
        self._limiter = Limiter(limits.messages_per_s, limits.message_burst, services.sources.monotonic_us)

    def routes(self) -> list[web.RouteDef]:
        """For `web.Application.add_routes`."""
        ends = ("/whip/{session}", "/whep/{session}/{seat}")
        routes = [web.post(ends[0], self.publish), web.post(ends[1], self.watch)]
        for end in ends:
            routes.append(web.options(end, self.options))
            resource = f"{end}/resource/{{resource}}"
            routes += [
                web.patch(resource, self.patch),
                web.delete(resource, self.delete),
                web.options(resource, self.options),
            ]
        return routes

    async def options(self, request: web.Request) -> web.Response:
        """CORS preflight, and what may be posted here (RFC 9725 4.2)."""
        headers = {
            **_CORS,
            "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": f"Authorization, Content-Type, If-Match, {CREDENTIAL_HEADER}",
            "Access-Control-Max-Age": "600",
            "Accept-Post": SDP_TYPE,
        }
        return web.Response(status=204, headers=headers)

    async def publish(self, request: web.Request) -> web.Response:
        """WHIP: take the offer of a sender."""
        offer = await _sdp_of(request)
        room, ticket, token = await self._enter(request, Direction.SEND)
        tracks = {mid: _SOURCES[kind] for mid, kind in _first_of_each(offer) if kind in _SOURCES}
        async with self._present(room, ticket.sub, "whip"):
            return await self._create(request, room, ticket, token, Direction.SEND, offer, tracks)

    async def watch(self, request: web.Request) -> web.Response:
        """WHEP: give a viewer the tracks of one seat."""
        offer = await _sdp_of(request)
        room, ticket, token = await self._enter(request, Direction.RECEIVE)
        seat = request.match_info["seat"]
        sender = next((p for p, person in room.hearing.people.items() if person.seat.seat == seat), None)
        if sender is None:
            raise UserError("unknown-participant", "没有这个席位", "there is no such seat")
        async with self._present(room, ticket.sub, "whep"):
            running = {p.kind.value: p.id for p in room.media.publications(ticket.sub) if p.participant == sender}
            tracks = {mid: running[kind] for mid, kind in _first_of_each(offer) if kind in running}
            if not tracks:
                raise UserError(
                    "not-publishing", "该席位目前没有音视频", "this seat sends nothing that you may receive now"
                )
            return await self._create(request, room, ticket, token, Direction.RECEIVE, offer, tracks)

    async def patch(self, request: web.Request) -> web.Response:
        """Trickled candidates (an ICE-lite server needs none: 204) or new credentials: an ICE restart (200)."""
        resource = self._authorized(request)
        if request.content_type != FRAGMENT_TYPE:
            raise UserError("wrong-content-type", "内容类型有误", f"{FRAGMENT_TYPE} is expected")
        wanted = request.headers.get("If-Match")
        if wanted is None:
            raise UserError("etag-needed", "缺少 If-Match", "If-Match is needed")
        text = await _text_of(request)
        fresh = credentials_of(text)
        restarts = fresh is not None and fresh != credentials_of(resource.offer)
        if wanted != "*" and wanted.strip('"') != resource.etag:
            raise UserError("etag-mismatch", "ICE 会话已更新", "the ICE session has changed: see ETag")
        if not restarts or fresh is None:
            return web.Response(status=204, headers=_CORS)
        room = await self._rooms.get(resource.session)
        check_media_allowed(room, resource.participant, resource.direction)
        if not room.door.holds(resource.participant, resource.direction, resource=resource.id):
            # Ended meanwhile: a restart must not open what a newer page or a revoked verdict has closed.
            raise _unknown_resource()
        offer = with_credentials(resource.offer, fresh)
        answer = await room.door.answer(
            resource.participant, resource.direction, offer, resource.tracks, resource=resource.id
        )
        resource.offer, resource.etag = offer, answer.etag
        headers = {**_CORS, "ETag": f'"{answer.etag}"', "Content-Type": FRAGMENT_TYPE}
        return web.Response(body=restart_fragment(answer.sdp).encode(), headers=headers)

    async def delete(self, request: web.Request) -> web.Response:
        """Close in order; somebody without a page has thereby left."""
        resource = self._authorized(request)
        self._resources.pop(resource.id, None)
        room = await self._rooms.get(resource.session)
        await room.door.close_peer(resource.participant, resource.direction, resource=resource.id)
        others = any(r.participant == resource.participant for r in self._resources.values())
        if resource.participant not in room.connections and not others:
            await room.ledger.change(resource.participant, lambda hearing, _: _left(hearing, resource.participant))
        return web.Response(status=200, headers=_CORS)

    # --- steps ----------------------------------------------------------------------------------------------

    async def _enter(self, request: web.Request, direction: Direction) -> tuple[Courtroom, Ticket, str]:
        token = bearer_of(request)
        if token is None:
            raise UserError("ticket-invalid", "缺少入场凭证", "a Bearer ticket is needed")
        ticket = await self._admission.redeem(token, request.match_info["session"])
        room = await self._rooms.get(ticket.session)
        self._admission.check_verdict(room.ledger.hearing, ticket)
        check_media_allowed(room, ticket.sub, direction)
        self._admission.gallery.enter(room.hearing, ticket.sub, self._services.sources.monotonic_us())
        if not self._limiter.take(ticket.sub):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return room, ticket, token

    @asynccontextmanager
    async def _present(self, room: Courtroom, participant: str, evidence: str) -> AsyncIterator[None]:
        """Who comes with a ticket is here, and only who is here may receive; gone again if nothing comes of it."""
        await room.ledger.arrived(participant, evidence)
        room.attendance.came_by_media(participant)
        try:
            yield
        except BaseException:
            if participant not in room.connections and not self._resources_of(room.session, participant):
                room.attendance.lost(participant, f"{evidence} refused", at_once=False)
            raise

    def _resources_of(self, session: str, participant: str) -> list[Resource]:
        return [r for r in self._resources.values() if (r.session, r.participant) == (session, participant)]

    async def _create(
        self,
        request: web.Request,
        room: Courtroom,
        ticket: Ticket,
        token: str,
        direction: Direction,
        offer: str,
        tracks: dict[str, str],
    ) -> web.Response:
        participant = ticket.sub
        mine = self._resources_of(room.session, participant)
        if len(mine) >= MAX_RESOURCES:
            oldest = mine[0]
            del self._resources[oldest.id]
            await room.door.close_peer(participant, oldest.direction, resource=oldest.id)
        resource_id, credential = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
        self._admission.check_verdict(room.ledger.hearing, ticket)
        answer = await room.door.answer(participant, direction, offer, tracks, resource=resource_id)
        resource = Resource(
            id=resource_id,
            session=room.session,
            participant=participant,
            direction=direction,
            secrets_sha256=(_digest(token), _digest(credential)),
            offer=offer,
            tracks=dict(tracks),
            etag=answer.etag,
            url=f"{request.path.rstrip('/')}/resource/{resource_id}",
        )
        self._resources[resource_id] = resource
        return self._created(resource, answer, credential)

    def _forget(self, session: str, participant: str) -> None:
        """Whoever is shut out has no resource left to restart; nor has anybody whose courtroom is closed."""
        for number, resource in list(self._resources.items()):
            here = (resource.session, resource.participant) == (session, participant)
            if here or self._rooms.live(resource.session) is None:
                del self._resources[number]

    def _created(self, resource: Resource, answer: Answer, credential: str) -> web.Response:
        response = web.Response(
            status=201,
            body=answer.sdp.encode(),
            headers={
                **_CORS,
                "Content-Type": SDP_TYPE,
                "Location": resource.url,
                "ETag": f'"{answer.etag}"',
                CREDENTIAL_HEADER: credential,
            },
        )
        for link in _links(self._services, resource.participant):
            response.headers.add("Link", link)
        return response

    def _authorized(self, request: web.Request) -> Resource:
        resource = self._resources.get(request.match_info["resource"])
        if resource is None or resource.session != request.match_info["session"]:
            raise _unknown_resource()
        given = _digest(request.headers.get(CREDENTIAL_HEADER) or bearer_of(request) or "")
        if not any(hmac.compare_digest(given, kept) for kept in resource.secrets_sha256):
            raise UserError("credential-invalid", "凭证无效", "this credential is not valid here")
        if not self._limiter.take(resource.participant):
            raise UserError("too-many", "操作过于频繁，请稍候", "too many requests: slow down")
        return resource


def _unknown_resource() -> UserError:
    return UserError("unknown-resource", "没有这个媒体资源", "there is no such resource")


def _first_of_each(offer: str) -> list[tuple[str, str]]:
    """One audio and one video m-line; a WHIP offer has no more (RFC 9725 4.4.2)."""
    taken: dict[str, str] = {}
    for mid, kind in media_of(offer):
        taken.setdefault(kind, mid)
    return [(mid, kind) for kind, mid in taken.items()]


async def _sdp_of(request: web.Request) -> str:
    if request.content_type != SDP_TYPE:
        raise UserError("wrong-content-type", "内容类型有误", f"{SDP_TYPE} is expected")
    return await _text_of(request)


async def _text_of(request: web.Request) -> str:
    raw = await read_body(request)
    if len(raw) > MAX_SDP_BYTES:
        raise UserError("sdp-too-large", "媒体协商数据过大", "the offer is too large")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UserError("sdp-invalid", "媒体协商数据有误", "the SDP is not UTF-8") from None


def _left(hearing: Hearing, participant: str) -> list[ev.AnyEvent]:
    presence = hearing.people[participant].presence
    if presence not in CONNECTED:
        return []
    return [
        ev.PresenceChanged(
            participant=participant, before=presence, after=Presence.LEFT, reason="left", evidence="DELETE"
        )
    ]


def _links(services: Services, participant: str) -> list[str]:
    links = []
    for server in services.media.ice_servers(participant):
        urls = server.get("urls", ())
        extra = "".join(
            f'; {name}="{server[key]}"'
            for name, key in (("username", "username"), ("credential", "credential"))
            if server.get(key)
        )
        kind = '; credential-type="password"' if server.get("credential") else ""
        for url in [urls] if isinstance(urls, str) else list(urls) if isinstance(urls, list | tuple) else []:
            links.append(f'<{url}>; rel="ice-server"{extra}{kind}')
    return links


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
