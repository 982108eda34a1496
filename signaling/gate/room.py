"""One person's gate room: their own tracks end here, seen only by the liveness check and the clerk's thumbnail."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import re
from collections.abc import Callable, Mapping, Sequence

from PIL import Image

from media_server.ports import (
    Answer,
    DeliveryState,
    Direction,
    Kind,
    LossReason,
    MediaRoom,
    PublicationInfo,
    RoomListener,
    Source,
)
from media_server.sampler import Picture, Sampler, Sampling
from signaling.services import Services

THUMBNAILS = Sampling(keyframe_every_us=2_000_000, width_px=320)
LIVE = Sampling(least_us=90_000, width_px=640)
"""About ten pictures a second: what the liveness check is made for."""
_numbers = itertools.count(1)
_FINGERPRINT = re.compile(r"^a=fingerprint:(\S+ \S+)", re.MULTILINE | re.IGNORECASE)


class GateRoom:
    """Implements `RoomListener` for its media room; what concerns the connection is passed on to the courtroom."""

    def __init__(self, services: Services, session: str, participant: str, courtroom: RoomListener) -> None:
        self.participant = participant
        # Never the name of one that is being closed just now.
        self.name = f"gate.{session}.{participant}.{next(_numbers)}"
        self.fingerprint = ""
        """Of the newest offer: which DTLS connection is challenged."""
        self.resource = ""
        """Which of the person's connections is seen here."""
        self._answering = asyncio.Lock()
        self._services = services
        self._courtroom = courtroom
        self._newest: Picture | None = None
        self._came = asyncio.Event()
        self.media: MediaRoom = services.media.open_room(self.name, self, beside=session)
        self.media.set_rules(lambda who, kind: True, lambda viewer, sender, kind: False)
        self._thumbnails = self._sampler(self._keep, THUMBNAILS)
        self._detach = self.media.attach(self._thumbnails)

    async def answer(self, sdp: str, tracks: Mapping[str, str], resource: str) -> Answer:
        """As `MediaRoom.answer`, for one connection only: an older one is closed, or it would go on into the hearing
        by a verdict about somebody else's camera."""
        async with self._answering:
            if self.resource not in {"", resource}:
                await self.media.close_peer(self.participant, Direction.SEND, resource=self.resource)
            self.resource = resource
            answer = await self.media.answer(self.participant, Direction.SEND, sdp, tracks, resource=resource)
            self.fingerprint = ",".join(sorted({found.upper() for found in _FINGERPRINT.findall(sdp)}))
            return answer

    @property
    def camera(self) -> bool:
        """Whether the person's camera is received."""
        return any(p.kind is Kind.VIDEO and p.source is Source.CAMERA for p in self.media.publications())

    async def camera_comes(self, within_s: float) -> bool:
        """Wait for the first packet of the camera, which comes a moment after the connection. Whether it came."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.camera:
                    self._came.clear()
                    await self._came.wait()
        return self.camera

    @property
    def seen(self) -> bool:
        """Whether there is a picture for the clerk."""
        return self._newest is not None

    async def thumbnail(self) -> bytes | None:
        """The newest picture as JPEG."""
        newest = self._newest
        return None if newest is None else await asyncio.to_thread(_jpeg, newest)

    def watch(self, look: Callable[[Picture], None]) -> tuple[Sampler, Callable[[], None]]:
        """Give `look` every picture of the camera, for a challenge; returns the sampler to close, and its detach."""
        sampler = self._sampler(look, LIVE)
        return sampler, self.media.attach(sampler)

    async def close(self) -> None:
        """End it, and the connections that are still in it. Idempotent."""
        self._detach()
        self._newest = None
        await self._thumbnails.close()
        await self._services.media.close_room(self.name)

    def _sampler(self, look: Callable[[Picture], None], sampling: Sampling) -> Sampler:
        async def looked(picture: Picture) -> None:
            look(picture)

        return Sampler(
            looked,
            self.media.request_keyframe,
            self._services.gate.pool,
            sampling,
            wanted=lambda info: info.source is Source.CAMERA,
            monotonic_us=self._services.sources.monotonic_us,
        )

    def _keep(self, picture: Picture) -> None:
        self._newest = picture

    # --- RoomListener -----------------------------------------------------------------------------------------

    def publication_added(self, publication: PublicationInfo) -> None:
        """Nobody else is told: nobody may receive it."""
        self._came.set()

    def publication_removed(self, publication: PublicationInfo) -> None:
        """The thumbnail of a camera that has ended is not shown on."""
        if publication.source is Source.CAMERA:
            self._newest = None

    def speakers_changed(self, participants: Sequence[str]) -> None:
        """Nobody is heard here."""

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        self._courtroom.layers_wanted(publication, rids)

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """Nobody receives here."""

    def peer_connected(self, participant: str, direction: Direction) -> None:
        self._courtroom.peer_connected(participant, direction)

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        self._courtroom.peer_lost(participant, direction, reason)


def _jpeg(picture: Picture) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture.rgb).save(out, "JPEG", quality=80)
    return out.getvalue()
