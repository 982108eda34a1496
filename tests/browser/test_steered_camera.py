"""A test can change what a page's camera sees while it runs; Chromium's own fake camera file cannot be a FIFO."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.browser.sfu_stage import CHROMIUM
from tests.browser.steered_camera import SteeredCamera
from tests.browser.visitors import blank, chromium, needs_chromium

pytestmark = [pytest.mark.browser, needs_chromium]

# The red, green and blue in the middle of what the camera gives.
SHOW = """
window.show = async (wanted) => {
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
  video.muted = true;
  await video.play();
  window.kinds = video.srcObject.getTracks().map((track) => track.kind).sort();
  const pen = new OffscreenCanvas(64, 48).getContext('2d', {willReadFrequently: true});
  window.middle = () => {
    pen.drawImage(video, 0, 0, 64, 48);
    return [...pen.getImageData(32, 24, 1, 1).data.slice(0, 3)];
  };
};
"""


def plain(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((480, 640, 3), (red, green, blue), np.uint8)


async def test_the_page_sees_what_the_test_shows_now(tmp_path: Path) -> None:
    home = tmp_path / "home.html"
    home.write_text("<!doctype html><title>camera</title>")
    camera = SteeredCamera(lambda: plain(230, 20, 20))
    async with chromium() as browser:
        page = await blank(browser, 320, 240, SHOW)
        await camera.install(page.context)
        await page.goto(home.as_uri())
        await page.evaluate("window.show({video: {width: 640}, audio: true})")
        assert await page.evaluate("window.kinds") == ["audio", "video"]
        await page.wait_for_function("(([r, g, b]) => r > 180 && g < 80 && b < 80)(window.middle())")
        camera.source = lambda: plain(20, 20, 230)
        await page.wait_for_function("(([r, g, b]) => r < 80 && g < 80 && b > 180)(window.middle())")
        assert camera.taken > 2


Y4M = b"YUV4MPEG2 W64 H48 F15:1 C420jpeg\n" + (b"FRAME\n" + bytes(64 * 48 * 3 // 2)) * 3


@pytest.mark.parametrize(
    ("name", "fifo", "pictures"), [("a.y4m", False, True), ("b.y4m", True, False), ("c.mjpeg", True, False)]
)
async def test_chromiums_camera_file_may_be_a_file_but_no_fifo(
    tmp_path: Path, name: str, fifo: bool, pictures: bool
) -> None:
    """If a FIFO gives pictures here, Chromium has learnt it, and the steered camera may go."""
    home, film = tmp_path / "home.html", tmp_path / name
    home.write_text("<!doctype html><title>camera</title>")
    if fifo:
        os.mkfifo(film)
    # Open for both at once, so that neither side of a FIFO waits for the other.
    handle = os.open(film, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK)
    try:
        os.write(handle, Y4M)
        async with chromium(CHROMIUM, f"--use-file-for-fake-video-capture={film}") as browser:
            page = await blank(browser, 320, 240, SHOW)
            await page.goto(home.as_uri())
            got = await page.evaluate(
                "Promise.race([window.show({video: true}).then(() => 'pictures', (refused) => refused.name),"
                " new Promise((wake) => setTimeout(wake, 5000, 'nothing'))])"
            )
        assert (got == "pictures") == pictures, got
    finally:
        os.close(handle)
