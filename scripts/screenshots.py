"""Pictures of every page for the README: a demo on a free port, Chromium with a person before the camera.

    .venv/bin/python scripts/screenshots.py [SCENE ...]

Writes docs/pictures/*.png; without scenes (see SCENES), all of them. Takes about a minute.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from yunting.demo.client import Api
from yunting.demo.picture import Portrait

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM = os.environ.get("YUNTING_CHROMIUM", "/usr/bin/chromium")
MOST_BYTES = 350_000
CAMERA_FPS, CAMERA_S = 15, 4
_PLAYING = "n => [...document.querySelectorAll('video')].filter(v => v.videoWidth > 0 && !v.paused).length >= n"
_TO_THE_END = (
    "() => { for (const box of document.querySelectorAll('*')) if (box.scrollHeight > box.clientHeight + 20"
    " && getComputedStyle(box).overflowY !== 'visible') box.scrollTop = box.scrollHeight }"
)


class Stage:
    """The running demo and one browser on it."""

    def __init__(self, browser: Browser, folder: Path, clerk: Api, operator: Api, session: dict[str, Any]) -> None:
        self.browser, self.folder, self.clerk, self.operator = browser, folder, clerk, operator
        self.session = session
        self.url = clerk.base_url

    def invitation(self, seat: str) -> dict[str, Any]:
        """Link and code of a seat."""
        found: dict[str, Any] = next(s["invitation"] for s in self.session["seats"] if s["seat"] == seat)
        return found

    @asynccontextmanager
    async def page(self, path: str, width: int, height: int, before: str = "") -> AsyncIterator[Page]:
        """A page of its own context, in Chinese; `before` is a script that runs ahead of the page's own."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            ignore_https_errors=True,
            permissions=["camera", "microphone"] if path.startswith("/") else [],
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        if before:
            await context.add_init_script(before)
        page = await context.new_page()
        page.set_default_timeout(30_000)
        await page.goto(self.url + path if path.startswith("/") else path)
        yield page
        await context.close()

    async def sign_in(self, page: Page, account: str) -> None:
        """Through the sign-in page, as a person would."""
        await page.get_by_label("账号").fill(account)
        await page.locator("input[type=password]").fill(_password(self.folder))
        await page.get_by_role("button", name="登录", exact=True).click()


async def shoot(page: Page, name: str) -> None:
    """Wait for fonts and a still page, then save with as many colours as the size allows."""
    await page.evaluate("() => document.fonts.ready")
    await asyncio.sleep(1.0)
    file = PICTURES / f"{name}.png"
    await page.screenshot(path=file, animations="disabled")
    await asyncio.to_thread(_make_small, file)
    sys.stdout.write(f"{name}: {file.stat().st_size // 1000} kB\n")


def _make_small(file: Path) -> None:
    for colours in (256, 128, 64, 32):
        if file.stat().st_size <= MOST_BYTES:
            return
        with Image.open(file) as image:
            picture = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        picture.save(file, optimize=True)


async def _index(stage: Stage) -> None:
    async with stage.page("/", 1280, 800) as page:
        await page.get_by_role("link", name="法官").wait_for()
        await shoot(page, "index")


async def _signin(stage: Stage) -> None:
    async with stage.page("/signin", 1440, 900) as page:
        await page.get_by_label("账号").wait_for()
        await shoot(page, "signin")


@asynccontextmanager
async def _judge(stage: Stage, playing: int) -> AsyncIterator[Page]:
    """The console in the hearing, once so many pictures play."""
    async with stage.page("/judge", 1440, 900) as page:
        await stage.sign_in(page, "judge")
        await page.get_by_text("进入法庭").first.click()
        await page.wait_for_function(_PLAYING, arg=playing)
        await page.get_by_text("网络良好").first.wait_for()
        yield page


async def _consent(page: Page) -> None:
    await page.get_by_text("是我本人，继续").click()
    boxes = page.locator("input[type=checkbox]")
    await boxes.first.wait_for(state="attached")
    await page.evaluate(_TO_THE_END)
    for box in await boxes.all():
        await box.check()
    await page.get_by_text("同意并继续").click()


async def _enter(page: Page) -> None:
    """From the device check to the courtroom: who comes to an open hearing is let in by the court's rules."""
    await page.get_by_text("检测完成，进入候审").click()
    await page.wait_for_function(_PLAYING, arg=4)


async def _parties(stage: Stage) -> None:
    """The phone, then the console and the clerk's page while the phone is in the courtroom."""
    async with stage.page(f"/join/{stage.invitation('agent-1')['code']}", 390, 844) as page:
        await _consent(page)
        await page.wait_for_function(_PLAYING, arg=1)
        await page.get_by_text("往返").first.wait_for()
        await shoot(page, "phone-check")
        await _enter(page)
        await shoot(page, "phone")
        async with _judge(stage, 5) as console:
            await shoot(console, "judge")
            await _clerk(stage)


async def _kiosk(stage: Stage) -> None:
    async with stage.page("/kiosk", 1080, 1920) as page:
        await page.get_by_text("触摸屏幕开始").click()
        await page.get_by_text("标准模式").click()
        for digit in stage.invitation("third-party-1")["code"]:
            await page.get_by_role("button", name=digit, exact=True).click()
        await page.get_by_role("button", name="进入", exact=True).click()
        await _consent(page)
        await _enter(page)
        await page.get_by_text("网络良好").first.wait_for()
        await shoot(page, "kiosk")
        await page.get_by_role("button", name="更多").click()
        await page.get_by_role("button", name="离开庭审").click()
        await page.get_by_role("button", name="确认离开").click()
        await page.get_by_text("您已离开").first.wait_for()


async def _display(stage: Stage) -> None:
    made = await stage.operator.call(
        "POST", "devices", {"name": "第一法庭显示屏", "kind": "display", "court": stage.session["court"]}
    )
    keep = f"localStorage.setItem('yunting.display.credential', '{made['credential']}')"
    async with stage.page(f"/display/{stage.session['id']}", 1920, 1080, keep) as page:
        await page.wait_for_function(_PLAYING, arg=3)
        await shoot(page, "display")


async def _observe(stage: Stage) -> None:
    async with stage.page(f"/observe/{stage.session['id']}", 1280, 800) as page:
        await page.get_by_label("您的姓名").fill("王小明")
        await page.locator("input[type=checkbox]").check()
        await page.get_by_role("button", name="进入旁听").click()
        await page.wait_for_function(_PLAYING, arg=3)
        await page.get_by_text("网络良好").first.wait_for()
        await shoot(page, "observe")


async def _clerk(stage: Stage) -> None:
    async with stage.page("/clerk", 1440, 900) as page:
        await stage.sign_in(page, "clerk")
        await page.locator(".session-card").first.click()
        await page.get_by_role("tab", name="出庭情况").click()
        await page.get_by_text("网络良好").first.wait_for()
        await shoot(page, "clerk")


async def _player(stage: Stage) -> None:
    """Closes the hearing and makes the package: the last picture."""
    async with _judge(stage, 3) as page:
        await page.locator(".move-close").click()
        await page.locator("dialog").get_by_role("button", name="确认闭庭").click()
        await page.locator(".undo").wait_for()
    started = await stage.clerk.call("POST", f"sessions/{stage.session['id']}/exports", {"edition": "court"})
    job: dict[str, Any] = {"done": False}
    while not job["done"]:
        await asyncio.sleep(0.5)
        job = await stage.clerk.call("GET", f"exports/{started['job']}")
    if job["error"]:
        raise RuntimeError(job["error"])
    index = await asyncio.to_thread(lambda: next(stage.folder.glob("packages/*/*/data/player/index.html")))
    async with stage.page(index.as_uri(), 1280, 800) as page:
        await page.click("#play")
        await asyncio.sleep(6)
        await shoot(page, "player")


SCENES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "index": _index,
    "signin": _signin,
    "display": _display,
    "observe": _observe,
    "kiosk": _kiosk,
    "parties": _parties,
    "player": _player,
}


async def main(names: list[str]) -> None:
    """Start everything, take the pictures, stop everything."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="yunting-pictures-") as home:
        folder = Path(home)
        await asyncio.to_thread(_write_camera, folder / "camera.y4m")
        async with _demo(folder) as url, async_playwright() as playwright:
            trust = ssl.create_default_context(cafile=str(folder / "tls" / "server.crt"))
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[
                    "--no-sandbox",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={folder / 'camera.y4m'}",
                    "--autoplay-policy=no-user-gesture-required",
                    "--allow-loopback-in-peer-connection",
                ],
            )
            async with Api(url, trust) as clerk, Api(url, trust) as operator:
                await clerk.sign_in("clerk", _password(folder))
                await operator.sign_in("operator", _password(folder))
                session = (await clerk.call("GET", "sessions"))[0]
                detail = await clerk.call("GET", f"sessions/{session['id']}")
                stage = Stage(browser, folder, clerk, operator, detail)
                for name in names or list(SCENES):
                    await SCENES[name](stage)
            await browser.close()


def _password(folder: Path) -> str:
    return (folder / "demo-password").read_text(encoding="ascii").strip()


def _write_camera(file: Path) -> None:
    """A few seconds of a person, as an uncompressed file that Chromium takes for a camera."""
    portrait = Portrait("", (88, 84, 112), clock=False)
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W640 H360 F{CAMERA_FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for n in range(CAMERA_FPS * CAMERA_S):
            picture = portrait.frame(1_800_000_000_000 + n * 1000 // CAMERA_FPS, speaking=True)
            out.write(b"FRAME\n" + picture.to_ndarray().tobytes())


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[str]:
    """A demo whose hearing has been opened; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "yunting", "demo", "--folder", str(folder), "--port", str(port)]
    demo = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(60):
            while b"opened" not in (line := await demo.stdout.readline()):
                if not line:
                    raise RuntimeError("the demo did not start")
        draining = asyncio.ensure_future(demo.stdout.read())
        yield f"https://127.0.0.1:{port}"
        draining.cancel()
    finally:
        demo.terminate()
        await demo.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
