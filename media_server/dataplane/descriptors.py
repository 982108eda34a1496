"""Which layer a video packet belongs to, as its payload descriptor or dependency descriptor says.

VP8: RFC 7741, VP9: RFC 9628, AV1: dependency descriptor, "RTP Payload Format For AV1" v1.0.0, appendix A. Pure, and
garbage gives None. VP8's running numbers can be moved, so that they go on over switches and left-out frames.
"""

from __future__ import annotations

from typing import NamedTuple

ALL_LAYERS = 7
_PICTURES, _TL0S, _KEYS = 0x8000, 0x100, 0x20
_MAX_TEMPLATES = 64
_SWITCH = 2


class Layers(NamedTuple):
    """Place of a packet in a layered stream."""

    spatial: int
    temporal: int
    begins: bool
    """The first packet of a frame (of one spatial layer)."""
    ends: bool
    """The last one; VP8 does not say (its marker does)."""
    up: int
    """Highest temporal layer that can be decoded from this frame on, -1 if it does not say: for those who have
    everything up to `temporal`, or for all if `sync`."""
    sync: bool
    """The frame itself needs the base layer only."""


class Vp8(NamedTuple):
    """A VP8 payload descriptor; a number that is not there is -1."""

    picture: int
    tl0: int
    key: int
    layers: Layers


class Shift(NamedTuple):
    """What is added to the running numbers of a VP8 stream, each modulo its size."""

    picture: int = 0
    tl0: int = 0
    key: int = 0


NO_SHIFT = Shift()


def vp8(payload: bytes) -> Vp8 | None:
    """The descriptor of a VP8 payload, or None when it is cut short."""
    fields = _vp8_fields(payload)
    if fields is None:
        return None
    picture_at, wide, tl0_at, key_at, has_tid = fields
    picture = tl0 = key = -1
    if picture_at:
        picture = (payload[picture_at] & 0x7F) << 8 | payload[picture_at + 1] if wide else payload[picture_at]
    if tl0_at:
        tl0 = payload[tl0_at]
    temporal, sync = 0, False
    if key_at:
        if payload[1] & 0x10:
            key = payload[key_at] & 0x1F
        if has_tid:
            temporal, sync = payload[key_at] >> 6, bool(payload[key_at] & 0x20)
    begins = bool(payload[0] & 0x10) and not payload[0] & 0x07
    return Vp8(picture, tl0, key, Layers(0, temporal, begins, False, temporal if sync else -1, sync))


def vp8_moved(payload: bytes, shift: Shift) -> bytes:
    """The payload with its running numbers moved; as long as before, so a short PictureID stays short."""
    fields = _vp8_fields(payload)
    if fields is None:
        return payload
    picture_at, wide, tl0_at, key_at, _ = fields
    out = bytearray(payload)
    if picture_at and wide:
        moved = ((out[picture_at] << 8 | out[picture_at + 1]) + shift.picture) & 0x7FFF
        out[picture_at], out[picture_at + 1] = 0x80 | moved >> 8, moved & 0xFF
    elif picture_at:
        out[picture_at] = (out[picture_at] + shift.picture) & 0x7F
    if tl0_at:
        out[tl0_at] = (out[tl0_at] + shift.tl0) & 0xFF
    if key_at and payload[1] & 0x10:
        out[key_at] = (out[key_at] & 0xE0) | ((out[key_at] + shift.key) & 0x1F)
    return bytes(out)


def vp8_following(last: Vp8, moved: Shift, first: Vp8) -> Shift:
    """How to move a stream that begins with `first` (a frame of the base layer), so that it follows what was sent.

    `last` was the last one sent, moved by `moved`. A number that one of the two has not is not moved."""
    return Shift(
        (last.picture + moved.picture + 1 - first.picture) % _PICTURES if last.picture >= 0 <= first.picture else 0,
        (last.tl0 + moved.tl0 + 1 - first.tl0) % _TL0S if last.tl0 >= 0 <= first.tl0 else 0,
        (last.key + moved.key + 1 - first.key) % _KEYS if last.key >= 0 <= first.key else 0,
    )


def _vp8_fields(payload: bytes) -> tuple[int, bool, int, int, bool] | None:
    """Where PictureID is (and whether it has 15 bits), TL0PICIDX, and TID/Y/KEYIDX; 0 = not there."""
    size = len(payload)
    if not size:
        return None
    if not payload[0] & 0x80:
        return 0, False, 0, 0, False
    if size < 2:
        return None
    flags, at = payload[1], 2
    picture_at = tl0_at = key_at = 0
    wide = False
    if flags & 0x80:
        if at >= size:
            return None
        picture_at, wide = at, bool(payload[at] & 0x80)
        at += 2 if wide else 1
    if flags & 0x40:
        tl0_at = at
        at += 1
    if flags & 0x30:
        key_at = at
        at += 1
    if at > size:
        return None
    return picture_at, wide, tl0_at, key_at, bool(flags & 0x20)


def vp9(payload: bytes) -> Layers | None:
    """Layers of a VP9 payload; None when it does not say or is cut short."""
    size = len(payload)
    if not size or not payload[0] & 0x20:
        return None
    flags, at = payload[0], 1
    if flags & 0x80:
        if at >= size:
            return None
        at += 2 if payload[at] & 0x80 else 1
    if at >= size:
        return None
    layer = payload[at]
    up = ALL_LAYERS if layer & 0x10 else -1
    return Layers((layer >> 1) & 7, layer >> 5, bool(flags & 0x08), bool(flags & 0x04), up, False)


class Dependencies:
    """Reads the dependency descriptors of one AV1 stream. Remembers the newest template structure."""

    __slots__ = ("_indications", "_layers", "_offset", "_since", "_targets")

    def __init__(self) -> None:
        self._offset = 0
        self._layers: list[tuple[int, int]] = []
        """Spatial and temporal layer of each template."""
        self._indications: list[list[int]] = []
        """For each template, what it means to each decode target."""
        self._targets: list[tuple[int, int]] = []
        """Spatial and temporal layer of each decode target."""
        self._since = 0
        """Index of the packet that brought the structure."""

    def restart(self) -> None:
        """Indices begin anew. Idempotent."""
        self._since = 0

    def read(self, element: bytes, index: int) -> Layers | None:
        """Layers of the packet with this index and descriptor; None when it is cut short or speaks of a structure not
        seen, or of one before the present (a late repair)."""
        if len(element) < 3 or index < self._since:
            return None
        bits = _Bits(element, 24)
        own: list[int] | None = None
        if len(element) > 3:
            flags = bits.take(5)
            if flags & 0x10:
                if not self._read_structure(bits):
                    return None
                self._since = index
            else:
                if flags & 0x08:
                    bits.take(len(self._targets))
                if flags & 0x04:
                    own = [bits.take(2) for _ in self._targets]
                if bits.over:
                    return None
        template = ((element[0] & 0x3F) - self._offset) & 0x3F
        if template >= len(self._layers):
            return None
        spatial, temporal = self._layers[template]
        up = -1
        for target, meaning in enumerate(own if own is not None else self._indications[template]):
            if meaning == _SWITCH and self._targets[target][0] >= spatial:
                up = max(up, self._targets[target][1])
        return Layers(spatial, temporal, bool(element[0] & 0x80), bool(element[0] & 0x40), up, False)

    def _read_structure(self, bits: _Bits) -> bool:
        """Only layers and indications; nothing is kept of a structure that is cut short."""
        offset, targets = bits.take(6), bits.take(5) + 1
        layers: list[tuple[int, int]] = []
        spatial = temporal = 0
        while True:
            layers.append((spatial, temporal))
            following = bits.take(2)
            if following == 3:
                break
            if following == 1:
                temporal += 1
            elif following == 2:
                spatial, temporal = spatial + 1, 0
            if bits.over or len(layers) >= _MAX_TEMPLATES or temporal > 7 or spatial > 3:
                return False
        indications = [[bits.take(2) for _ in range(targets)] for _ in layers]
        if bits.over:
            return False
        self._offset, self._layers, self._indications = offset, layers, indications
        self._targets = []
        for target in range(targets):
            spatial = temporal = 0
            for at, layer in enumerate(layers):
                if indications[at][target]:
                    spatial, temporal = max(spatial, layer[0]), max(temporal, layer[1])
            self._targets.append((spatial, temporal))
        return True


class _Bits:
    """Reads bits, most significant first; zeros after the end, and `over` says so."""

    __slots__ = ("_at", "_data", "over")

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self.over = False

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte = self._at >> 3
            if byte >= len(self._data):
                self.over = True
                return 0
            value = value << 1 | (self._data[byte] >> (7 - (self._at & 7))) & 1
            self._at += 1
        return value
