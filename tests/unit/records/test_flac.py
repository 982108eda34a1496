"""FLAC frames encoded apart and put together are the file that would have been encoded at once."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.media import flac

pytestmark = pytest.mark.unit


def noise(count: int, seed: int = 0) -> npt.NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-9_000, 9_000, count, np.int16)


def decoded(data: bytes) -> npt.NDArray[np.int16]:
    with av.open(io.BytesIO(data)) as container:
        assert container.format.name == "flac"
        parts = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(parts).astype(np.int16)


def file_of(frames: list[bytes], samples: int) -> bytes:
    return flac.head(samples, [("TITLE", "审判长")]) + b"".join(frames)


def test_pieces_joined_are_the_file_encoded_at_once() -> None:
    samples = noise(10 * flac.BLOCK + 1_234)
    cut = 6 * flac.BLOCK
    apart = [*flac.encode(samples[:cut], 0), *flac.encode(samples[cut:], 6)]
    assert apart == list(flac.encode(samples, 0))
    assert np.array_equal(decoded(file_of(apart, len(samples))), samples)


def test_silence_stands_where_there_is_nothing() -> None:
    samples = noise(2 * flac.BLOCK)
    frames = [*flac.silence(0, 3 * flac.BLOCK), *flac.encode(samples, 3), *flac.silence(5, flac.BLOCK + 7)]
    heard = decoded(file_of(frames, 6 * flac.BLOCK + 7))
    assert len(heard) == 6 * flac.BLOCK + 7
    assert not heard[: 3 * flac.BLOCK].any()
    assert np.array_equal(heard[3 * flac.BLOCK : 5 * flac.BLOCK], samples)
    assert not heard[5 * flac.BLOCK :].any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**36 - 1), st.integers(0, 2**36 - 1), st.integers(1, flac.BLOCK))
def test_numbers_change_and_both_checksums_hold(first: int, second: int, length: int) -> None:
    (frame,) = flac.encode(noise(length), first)
    moved = flac.renumbered(frame, second)
    assert flac._crc16(moved) == 0, "a frame with its checksum has the checksum 0"
    assert flac.renumbered(moved, first) == frame
    assert moved == flac.encode(noise(length), second)[0]


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no FLAC frame"):
        flac.renumbered(b"RIFF0000", 3)
