"""Which of a publication's encodings a viewer wants: by the size of the tile, never by what the network carries.

Pure. A ladder is what can be given of a publication, lowest first: its encodings, and where they have layers inside
(SVC, temporal layers) those too (`inner_layers.py`); without either it has a single rung. What the network and the
server's load allow of it is decided by `allocator.py`.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from media_server.ports import Shedding, View

UPSCALED = 1.25
"""A tile shows a picture a quarter smaller than itself without visible harm."""
DOWN_MARGIN = 0.85
"""A lower rung must do for a tile larger by this before it is taken: pages resize tiles by a few pixels."""
KEPT_TILES = 4
"""Videos beside who has the floor, who speaks and exhibits that a busy server still sends (`FEWER_TILES`)."""

_EXPECTED_BPS = ((180, 150_000), (270, 300_000), (360, 500_000), (540, 1_000_000), (720, 1_600_000))
_LARGE_BPS = 2_500_000


class Rank(enum.IntEnum):
    """Whose video comes first where not all fits."""

    STAGE = 0
    """Has the floor or speaks."""
    EXHIBIT = 1
    """Screen shares and exhibits."""
    OTHER = 2


class Place(NamedTuple):
    """An encoding, and the highest layers inside it that are given; None = all. Rungs that differ in `temporal` only
    are one size of picture."""

    rid: str
    spatial: int | None = None
    temporal: int | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """One encoding, or the lower layers inside it, as it stands now."""

    rid: str
    short_side_px: int
    """Of the picture; 0 = not known yet."""
    bitrate_bps: int
    """Measured while it runs, 0 = not known."""
    running: bool
    startable: bool = False
    """Paused because nobody wanted it: it comes within half a second when wished. An encoding that is wished and does
    not come (a phone too weak, a picture too small) is neither running nor startable."""
    spatial: int | None = None
    """With `temporal`: limits for a stream with layers inside; None = all of it."""
    temporal: int | None = None

    @property
    def place(self) -> Place:
        """Which one it is, whatever rungs come and go around it."""
        return Place(self.rid, self.spatial, self.temporal)

    @property
    def usable(self) -> bool:
        """May be counted on."""
        return self.running or self.startable


Ladder = tuple[Rung, ...]


def visible(view: View | None) -> bool:
    """Whether a tile of this size is on the screen; None = the page has not said: taken as large."""
    return view is None or (view.width > 0 and view.height > 0)


def wanted(ladder: Ladder, view: View | None, present: int | None = None) -> int:
    """Index of the rung that this tile asks for: the lowest size of picture that fills it, else the highest, and of
    that all frames.

    `present` is what was wanted before: sizes about a threshold do not flap. Size alone speaks here, whether the rung
    runs or not: the wish is what makes it run. ValueError for an empty ladder.
    """
    if not ladder:
        raise ValueError("a ladder without rungs")
    if view is None or len(ladder) == 1:
        return len(ladder) - 1
    needed_px = min(view.width, view.height)
    sizes = _short_sides_px(ladder)
    enough = next((index for index, size in enumerate(sizes) if size * UPSCALED >= needed_px), len(ladder) - 1)
    if present is None or not enough < present < len(ladder):
        return all_frames(ladder, enough)
    surely = (index for index in range(enough, present) if sizes[index] * UPSCALED * DOWN_MARGIN >= needed_px)
    return all_frames(ladder, next(surely, present))


def all_frames(ladder: Ladder, index: int) -> int:
    """The highest rung with pictures of the same size as the one at `index`."""
    size = levels(rung.place for rung in ladder)
    return max(other for other in range(len(ladder)) if size[other] == size[index])


def levels(places: Iterable[Place]) -> list[int]:
    """For each place of a ladder which size of picture it is, counted from the lowest."""
    sizes: dict[tuple[str, int | None], int] = {}
    return [sizes.setdefault(place[:2], len(sizes)) for place in places]


def nearest(ladder: Ladder, index: int, fits: Callable[[Rung], bool]) -> int | None:
    """The rung at `index` if it fits, else the next lower that does, else the next higher; None: none does."""
    for candidate in itertools.chain(range(index, -1, -1), range(index + 1, len(ladder))):
        if fits(ladder[candidate]):
            return candidate
    return None


def under_load(ladder: Ladder, index: int, shedding: Shedding, *, has_floor: bool) -> int:
    """The wanted rung on a busy server: all but who has the floor get the smallest picture at `LOW_LAYERS`."""
    return all_frames(ladder, 0) if shedding >= Shedding.LOW_LAYERS and not has_floor else index


def rates_bps(ladder: Ladder, indices: Sequence[int]) -> tuple[int, ...]:
    """What these rungs cost, measured or expected, never falling from one to the next."""
    sizes = _short_sides_px(ladder)
    costs: list[int] = []
    for index in indices:
        cost = ladder[index].bitrate_bps or _expected_bps(sizes[index])
        costs.append(max(cost, costs[-1] if costs else 0))
    return tuple(costs)


def _short_sides_px(ladder: Ladder) -> list[int]:
    level = levels(rung.place for rung in ladder)
    return [rung.short_side_px or 720 >> min(4, level[-1] - at) for rung, at in zip(ladder, level, strict=True)]


def _expected_bps(short_side_px: int) -> int:
    return next((rate for size, rate in _EXPECTED_BPS if short_side_px <= size), _LARGE_BPS)
