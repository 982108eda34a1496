"""Layers as Chromium sends them: the order of frames that each scalability mode promises is what we read."""

from __future__ import annotations

import pytest

from media_server.dataplane.descriptors import Dependencies, Layers, vp8, vp9
from media_server.payloads import is_keyframe
from tests.fakes import layer_captures

pytestmark = pytest.mark.unit

MODES = {
    # Temporal layers of pictures that follow one another, spatial layers of each.
    "l1t3": ([0, 2, 1, 2], 1),
    "l3t3": ([0, 2, 1, 2], 3),
    "l3t3-key": ([0, 2, 1, 2], 3),
    "l2t2-key": ([0, 1], 2),
}


def read_layers(name: str) -> list[Layers]:
    reader = Dependencies()
    found = []
    for index, packet in enumerate(layer_captures.packets(name)):
        if name.startswith("av1"):
            layers = reader.read(packet.descriptor, index)
        elif name.startswith("vp9"):
            layers = vp9(packet.payload)
        else:
            descriptor = vp8(packet.payload)
            layers = descriptor and descriptor.layers._replace(ends=packet.marker)
        assert layers is not None
        found.append(layers)
    return found


@pytest.mark.parametrize("name", layer_captures.NAMES)
def test_frames_come_in_the_order_of_the_mode(name: str) -> None:
    pattern, spatial_layers = MODES[name.partition("-")[2]]
    frames = [(layers.spatial, layers.temporal) for layers in read_layers(name) if layers.begins]
    expected = [(n % spatial_layers, pattern[n // spatial_layers % len(pattern)]) for n in range(len(frames))]
    assert len(frames) > 30
    assert frames == expected


@pytest.mark.parametrize("name", layer_captures.NAMES)
def test_each_frame_has_one_end_and_one_layer(name: str) -> None:
    inside: tuple[int, int] | None = None
    for layers in read_layers(name):
        assert layers.begins == (inside is None)
        inside = inside or (layers.spatial, layers.temporal)
        assert inside == (layers.spatial, layers.temporal)
        if layers.ends:
            inside = None


@pytest.mark.parametrize("name", [name for name in layer_captures.NAMES if not name.startswith("vp8")])
def test_more_frames_can_be_asked_for_at_each_base_frame(name: str) -> None:
    pattern, _ = MODES[name.partition("-")[2]]
    assert all(layers.up >= max(pattern) for layers in read_layers(name) if layers.temporal == 0)


def test_vp8_says_where_a_higher_layer_may_be_joined_and_counts_without_a_gap() -> None:
    joined = [layers.temporal for layers in read_layers("vp8-l1t3") if layers.begins and layers.sync]
    assert {1, 2} <= set(joined)
    starts = [vp8(packet.payload) for packet in layer_captures.packets("vp8-l1t3") if packet.payload[0] & 0x10]
    pictures = [descriptor.picture for descriptor in starts if descriptor]
    assert pictures == [pictures[0] + n & 0x7FFF for n in range(len(pictures))]
    base = [descriptor.tl0 for descriptor in starts if descriptor and descriptor.layers.temporal == 0]
    assert base == [base[0] + n & 0xFF for n in range(len(base))]


@pytest.mark.parametrize("name", layer_captures.NAMES)
def test_only_the_first_picture_is_a_keyframe(name: str) -> None:
    codec = name.partition("-")[0]
    found = [is_keyframe(codec, packet.payload) for packet in layer_captures.packets(name)]
    assert found[0]
    assert not any(found[1:])
