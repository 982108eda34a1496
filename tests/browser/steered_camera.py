"""A camera of a Chromium page whose pictures come from the test while it runs.

Chromium's own `--use-file-for-fake-video-capture` cannot be steered: it seeks in a Y4M file and maps an MJPEG file
into memory, so that a FIFO gives no picture (`test_steered_camera.py` shows it). So an init script ahead of the page
gives `getUserMedia` the track of a canvas, and asks the test for each picture through a Playwright binding: no
address is opened, and the page's Content-Security-Policy stays as it is. All after the camera is the browser's own:
encoder, RTP, DTLS. `applyConstraints`, `getSettings` and `stop` are the canvas track's.
"""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.async_api import BrowserContext

Picture = npt.NDArray[np.uint8]

_SCRIPT = """
(() => {
  const [width, height, every_ms] = [%d, %d, %d];
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let canvas = null;
  const start = () => {
    canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext('2d');
    (async () => {
      for (;;) {
        const began = performance.now();
        const packed = await window.steeredPicture();
        const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
        const picture = await createImageBitmap(new Blob([bytes], {type: 'image/jpeg'}));
        pen.drawImage(picture, 0, 0, width, height);
        picture.close();
        await new Promise((wake) => setTimeout(wake, Math.max(0, every_ms - (performance.now() - began))));
      }
    })();
  };
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!wanted || !wanted.video) return native(wanted);
    if (!canvas) start();
    const stream = canvas.captureStream(1000 / every_ms);
    if (wanted.audio) {
      for (const track of (await native({audio: wanted.audio})).getAudioTracks()) stream.addTrack(track);
    }
    return stream;
  };
})();
"""


class SteeredCamera:
    """`source` is called in a worker thread for each picture (height x width x 3, RGB); set it anew at any time.

    Install it in a context before its pages are opened. One camera serves all pages of the context alike.
    """

    def __init__(self, source: Callable[[], Picture], width: int = 640, height: int = 480, fps: int = 15) -> None:
        self.source = source
        self.taken = 0
        """Pictures given to pages so far."""
        self._script = _SCRIPT % (width, height, 1_000 // fps)

    async def install(self, context: BrowserContext) -> None:
        """From now on the context's pages have this camera. Once for each context."""
        await context.expose_function("steeredPicture", self._picture)
        await context.add_init_script(self._script)

    async def _picture(self) -> str:
        packed = await asyncio.to_thread(lambda: _jpeg(self.source()))
        self.taken += 1
        return packed


def _jpeg(picture: Picture) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=92)
    return base64.b64encode(file.getvalue()).decode()
