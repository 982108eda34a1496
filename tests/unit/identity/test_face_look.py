"""A camera is looked at cheaply, nobody beside the person is missed for more than a second, bad pictures say why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from identity.engine import Box
from identity.face_look import FaceFollower, LookLimits, judge
from identity.reasons import words
from identity.watch_look import SeatEyes
from tests.fakes.landmark_face import REST, vector_of
from tests.fakes.scripted_engine import ScriptedEngine

pytestmark = pytest.mark.unit

FACE = Box(200, 100, 380, 280)


def scene(light: int = 128, contrast: int = 60) -> np.ndarray:
    noise = np.random.default_rng(2).integers(-contrast, contrast + 1, (480, 640, 3))
    return np.clip(light + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("rgb", "box", "hint"),
    [
        (scene(), FACE, ""),
        (scene(20, 15), FACE, "too-dark"),
        (scene(245, 8), FACE, "too-bright"),
        (scene(contrast=0), FACE, "blurred"),
        (scene(), Box(10, 10, 60, 60), "too-far"),
        (scene(), Box(638, 100, 900, 300), "look-straight"),
    ],
)
def test_a_bad_picture_says_what_to_do(rgb: np.ndarray, box: Box, hint: str) -> None:
    quality, found = judge(rgb, box, LookLimits())
    assert found == hint
    assert 0 <= quality <= 1
    assert (quality >= 0.4) == (hint == "")
    assert hint == "" or words(hint)[0] != hint


def test_the_face_is_followed_and_the_whole_picture_looked_at_once_a_second() -> None:
    engine = ScriptedEngine()
    follower = FaceFollower(engine)
    picture = engine.picture(REST)
    for time_ms in range(0, 5_000, 100):
        assert follower.look(picture, time_ms, with_vector=False).faces == 1
    assert sum(roi is None for roi in engine.looks) == 5
    assert len(engine.looks) == 50
    assert follower.cpu_ms > 0


def test_a_second_person_is_seen_within_a_second_and_confirmed_by_the_next_look() -> None:
    engine = ScriptedEngine()
    follower = FaceFollower(engine)
    alone, together = engine.picture(REST), engine.picture(replace(REST, faces=2))
    follower.look(alone, 0, with_vector=False)
    seen = [follower.look(together, time_ms, with_vector=False) for time_ms in range(100, 1_300, 100)]
    assert [glance.faces for glance in seen[-3:]] == [2, 2, 2]
    assert all(glance.whole for glance in seen[-2:])
    assert follower.look(alone, 1_400, with_vector=False).faces == 1


def test_a_lost_face_is_looked_for_around_its_place_and_twice_a_second_everywhere() -> None:
    engine = ScriptedEngine()
    follower = FaceFollower(engine)
    follower.look(engine.picture(REST), 0, with_vector=True)
    gone = engine.picture(replace(REST, shown=False))
    engine.looks.clear()
    for time_ms in range(100, 1_100, 100):
        glance = follower.look(gone, time_ms, with_vector=True)
        assert (glance.faces, glance.landmarks, glance.embedding) == (0, None, None)
    assert 2 <= sum(roi is None for roi in engine.looks) <= 3
    assert follower.look(engine.picture(REST), 1_100, with_vector=True).embedding is not None


def test_a_seat_is_scored_against_its_own_person() -> None:
    engine = ScriptedEngine()
    own = vector_of(0)
    eyes = SeatEyes(engine, lambda vector: 5 - 6 * float(np.linalg.norm(vector - own)))
    sample = eyes.look(engine.picture(REST), 1_000, whole=True)
    assert (sample.faces, sample.whole, sample.usable) == (1, True, True)
    assert (sample.score or 0) > 2.5
    assert (eyes.look(engine.picture(replace(REST, person=1)), 2_000, whole=False).score or 0) < 2.5


def test_two_people_and_turned_heads_are_not_compared() -> None:
    engine = ScriptedEngine()
    eyes = SeatEyes(engine, lambda _: 9.0)
    assert eyes.look(engine.picture(replace(REST, faces=2)), 1_000, whole=True).score is None
    turned = eyes.look(engine.picture(replace(REST, yaw_deg=40)), 2_000, whole=True)
    assert (turned.faces, turned.usable, turned.score) == (1, False, None)
    assert SeatEyes(engine, None).look(engine.picture(REST), 3_000, whole=True).score is None


def test_a_face_that_moved_away_is_looked_for_everywhere_at_once() -> None:
    engine = ScriptedEngine()
    eyes = SeatEyes(engine, None)
    eyes.look(engine.picture(REST), 1_000, whole=True)
    sample = eyes.look(engine.picture(replace(REST, shown=False)), 11_000, whole=False)
    assert (sample.faces, sample.whole) == (0, True)


@pytest.mark.parametrize(("share", "people"), [(0.4, 1), (0.49, 1), (0.5, 2), (0.8, 2)])
def test_on_a_seat_nobody_counts_who_is_more_than_twice_as_far_from_the_camera(share: float, people: int) -> None:
    class OneBehind(ScriptedEngine):
        def detect(self, rgb: np.ndarray, roi: Box | None = None) -> list[Box]:
            return [*super().detect(rgb, roi), Box(20, 100, 20 + round(share * 180), 280, 1.0)]

    engine = OneBehind()
    assert SeatEyes(engine, None).look(engine.picture(REST), 1_000, whole=True).faces == people


def test_who_stands_behind_is_not_taken_for_the_person_who_is_hidden() -> None:
    class OneBehind(ScriptedEngine):
        def detect(self, rgb: np.ndarray, roi: Box | None = None) -> list[Box]:
            return [*super().detect(rgb, roi), Box(20, 100, 100, 180, 1.0)]

    engine = OneBehind()
    eyes = SeatEyes(engine, lambda _: -2.0)
    alone, hidden = engine.picture(REST), engine.picture(replace(REST, shown=False))
    assert eyes.look(alone, 1_000, whole=True).faces == 1
    seen = [eyes.look(hidden, 1_000 * second, whole=True) for second in range(2, 9)]
    assert [(sample.faces, sample.score) for sample in seen[:5]] == [(0, None)] * 5
    # Whoever stays there alone is the seat's person in the end.
    assert (seen[6].faces, seen[6].score) == (1, -2.0)
