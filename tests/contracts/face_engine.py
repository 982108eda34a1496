"""What every FaceEngine promises. A runner module gives the `engine` fixture and subclasses the suite."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from identity.engine import Box, FaceEngine, NoFace, Rgb, SeveralFaces, only_face


def photo(data_dir: Path, name: str, side: int = 640) -> Rgb:
    """A photo of the test data, at most `side` pixels."""
    with Image.open(data_dir / "faces" / "photos" / name) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((side, side))
    return np.asarray(picture)


class FaceEngineContract:
    def test_says_who_it_is(self, engine: FaceEngine) -> None:
        assert re.fullmatch(r"[a-z0-9_.:-]{1,80}", engine.engine_id)
        assert re.fullmatch(r"[0-9a-f]{64}", engine.model_sha256)

    def test_nobody_is_an_empty_list(self, engine: FaceEngine) -> None:
        assert engine.detect(np.full((120, 160, 3), 127, np.uint8)) == []
        noise = np.random.default_rng(1).integers(0, 256, (160, 160, 3), dtype=np.uint8)
        assert engine.detect(noise) == []

    @pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (0, 10, 3), (10, 0, 3)], ids=str)
    def test_what_is_no_picture_is_refused(self, engine: FaceEngine, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError):
            engine.detect(np.zeros(shape, np.uint8))

    def test_floats_are_refused(self, engine: FaceEngine) -> None:
        with pytest.raises(ValueError):
            engine.detect(np.zeros((10, 10, 3), np.float32))  # type: ignore[arg-type]

    def test_a_tiny_picture_has_nobody(self, engine: FaceEngine) -> None:
        assert engine.detect(np.zeros((1, 1, 3), np.uint8)) == []

    def test_one_face_where_it_is(self, engine: FaceEngine, data_dir: Path) -> None:
        rgb = photo(data_dir, "obama.jpg")
        box = only_face(engine.detect(rgb))
        points = engine.landmarks(rgb, box)
        assert points.shape == (68, 2)
        assert points.dtype == np.float32
        eye, other_eye, mouth = points[36:42].mean(0), points[42:48].mean(0), points[48:68].mean(0)
        assert eye[0] < other_eye[0]
        assert mouth[1] > max(eye[1], other_eye[1])
        assert box.left < points[30, 0] < box.right
        assert box.top < points[30, 1] < box.bottom

    def test_two_people_are_two(self, engine: FaceEngine, data_dir: Path) -> None:
        rgb = photo(data_dir, "two_people.jpg", 1000)
        boxes = engine.detect(rgb)
        assert len(boxes) == 2
        assert boxes[0].width >= boxes[1].width
        with pytest.raises(SeveralFaces):
            only_face(boxes)

    def test_a_region_finds_the_same_face(self, engine: FaceEngine, data_dir: Path) -> None:
        rgb = photo(data_dir, "obama.jpg")
        box = only_face(engine.detect(rgb))
        again = only_face(engine.detect(rgb, box.around(1.8)))
        middle = (again.left + again.right) / 2, (again.top + again.bottom) / 2
        assert abs(middle[0] - (box.left + box.right) / 2) < 0.25 * box.width
        assert abs(middle[1] - (box.top + box.bottom) / 2) < 0.25 * box.height
        assert engine.detect(rgb, Box(rgb.shape[1] + 5, 0, rgb.shape[1] + 90, 90)) == []

    def test_same_person_is_nearer_than_another(self, engine: FaceEngine, data_dir: Path) -> None:
        vectors = {}
        for name in ("obama.jpg", "obama2.jpg", "biden.jpg"):
            rgb = photo(data_dir, name)
            vectors[name] = engine.embed(rgb, only_face(engine.detect(rgb)))
        first, second, other = vectors["obama.jpg"], vectors["obama2.jpg"], vectors["biden.jpg"]
        assert first.dtype == np.float32
        assert first.ndim == 1
        assert np.isfinite(first).all()
        assert np.linalg.norm(first - second) < 0.75 * np.linalg.norm(first - other)

    def test_the_vector_is_the_same_each_time(self, engine: FaceEngine, data_dir: Path) -> None:
        rgb = photo(data_dir, "biden.jpg")
        box = only_face(engine.detect(rgb))
        assert np.linalg.norm(engine.embed(rgb, box) - engine.embed(rgb, box)) < 1e-5

    def test_flip_averaging_hardly_sees_a_mirror(self, engine: FaceEngine, data_dir: Path) -> None:
        """The mean with the mirror image is nearer to the mirrored picture's than the plain vectors are."""
        rgb = photo(data_dir, "obama2.jpg")
        mirrored = np.ascontiguousarray(rgb[:, ::-1])
        box, other = only_face(engine.detect(rgb)), only_face(engine.detect(mirrored))
        plain = np.linalg.norm(engine.embed(rgb, box, False) - engine.embed(mirrored, other, False))
        averaged = np.linalg.norm(engine.embed(rgb, box) - engine.embed(mirrored, other))
        assert averaged < plain

    def test_several_threads_at_once(self, engine: FaceEngine, data_dir: Path) -> None:
        rgb = photo(data_dir, "obama.jpg", 400)
        box = only_face(engine.detect(rgb))
        alone = engine.embed(rgb, box)
        results: list[tuple[list[Box], float]] = []

        def work() -> None:
            for _ in range(3):
                boxes = engine.detect(rgb)
                results.append((boxes, float(np.linalg.norm(engine.embed(rgb, box) - alone))))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == 12
        assert all(len(boxes) == 1 and distance < 1e-5 for boxes, distance in results)

    def test_nobody_raises_where_one_is_wanted(self, engine: FaceEngine) -> None:
        with pytest.raises(NoFace):
            only_face(engine.detect(np.zeros((64, 64, 3), np.uint8)))
