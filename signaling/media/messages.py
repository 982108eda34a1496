"""What a page asks of the media server over its WebSocket: offers, closing, sizes of tiles, the device check."""

from __future__ import annotations

from hearing import events as ev
from hearing.errors import UserError
from hearing.roles import Right, rights
from media_server.ports import Direction, View
from signaling.courtroom import Courtroom
from signaling.protocol import Answered, CloseMedia, Done, Kit, Offer, Views

MAX_SDP_BYTES = 262_144
"""Some fifty people's audio and video m-lines of Chromium, with room to spare."""
MAX_TRACKS = 256


async def negotiate(room: Courtroom, participant: str, offer: Offer) -> Answered:
    """Answer an offer. Raises UserError: `sdp-too-large`, `media-forbidden`, and those of `MediaRoom.answer`."""
    direction = Direction(offer.direction)
    check_media_allowed(room, participant, direction)
    if len(offer.sdp.encode()) > MAX_SDP_BYTES or len(offer.tracks) > MAX_TRACKS:
        raise UserError("sdp-too-large", "媒体协商数据过大", "the offer is too large")
    answer = await room.door.answer(participant, direction, offer.sdp, offer.tracks)
    return Answered(re=offer.re, direction=offer.direction, sdp=answer.sdp, tracks=dict(answer.tracks))


async def close_media(room: Courtroom, participant: str, message: CloseMedia) -> Done:
    """Close one direction in order. Idempotent."""
    await room.door.close_peer(participant, Direction(message.direction))
    return Done(re=message.re, seq=room.seq)


def show(room: Courtroom, participant: str, message: Views) -> None:
    """How large the page shows what it receives, from now on. Idempotent."""
    for tile in message.views:
        room.media.set_view(participant, tile.publication, View(tile.width, tile.height))


async def kit_checked(room: Courtroom, participant: str, kit: Kit) -> Done:
    """Keep the result of a device check in the log."""
    entries = await room.ledger.note(
        participant,
        [
            ev.KitChecked(
                participant=participant,
                camera=kit.camera,
                microphone=kit.microphone,
                speaker=kit.speaker,
                rtt_ms=kit.rtt_ms,
                loss_permille=kit.loss_permille,
                uplink_kbps=kit.uplink_kbps,
                user_agent=kit.user_agent[:300],
            )
        ],
    )
    return Done(re=kit.re, seq=entries[-1].seq)


def check_media_allowed(room: Courtroom, participant: str, direction: Direction) -> None:
    """Raises UserError `media-forbidden` when the role never sends or receives media."""
    person = room.hearing.people.get(participant)
    needed = Right.PUBLISH if direction is Direction.SEND else Right.SUBSCRIBE
    if person is None or needed not in rights(person.role):
        raise UserError("media-forbidden", "您的身份不能发送音视频", "your role may not send media")
