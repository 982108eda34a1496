"""The microphones of a room: with many open ones only the loudest are forwarded. The recorder and taps get all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from media_server.dataplane.ports import DataPlane
from media_server.loudest import Loudest
from media_server.ports import Source
from media_server.publication import Publication


class Microphones:
    """Applies `Loudest` to the data plane. A muted microphone is forgotten and takes no place."""

    def __init__(self, plane: DataPlane, loudest: Loudest) -> None:
        self._plane = plane
        self._loudest = loudest
        self._known: dict[str, Publication] = {}
        self._hushed: set[str] = set()

    def heard(self, publication: Publication, level: int, now_us: int) -> None:
        """One packet with its RFC 6464 level. Who is louder than one of those who pass takes his place at once."""
        self._known[publication.info.id] = publication
        for key in self._loudest.heard(publication.info.id, level, now_us):
            self._apply(self._known[key])

    def bound(self, publication: Publication) -> None:
        """The publication has another SSRC: what holds for it holds for the new one."""
        if publication.info.id in self._hushed:
            self._hush(publication, True)

    def forget(self, publication: Publication) -> None:
        """Muted or gone. Idempotent."""
        self._loudest.forget(publication.info.id)
        self._apply(publication)
        self._known.pop(publication.info.id, None)

    def follow(self, floor: Collection[str], publications: Iterable[Publication]) -> None:
        """These participants' microphones always pass. Idempotent."""
        always = {
            publication.info.id
            for publication in publications
            if publication.info.source is Source.MICROPHONE and publication.info.participant in floor
        }
        self._loudest.always(always)
        for publication in list(self._known.values()):
            self._apply(publication)

    def _apply(self, publication: Publication) -> None:
        key = publication.info.id
        hushed = self._loudest.hushed(key)
        if hushed is not (key in self._hushed):
            (self._hushed.add if hushed else self._hushed.discard)(key)
            self._hush(publication, hushed)

    def _hush(self, publication: Publication, hushed: bool) -> None:
        for layer in publication.layers:
            self._plane.hush(publication.peer, layer.ssrc, hushed)
