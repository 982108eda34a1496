"""Elder-friendly numbers of the MIIT design code (2021-04), measured in Chromium on the built pages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.browser.sfu_stage import CHROMIUM
from tests.fakes.courthouse import courthouse

pytestmark = pytest.mark.browser

DOORS = ("/", "/join", "/observe/none", "/signin", "/meeting/none", "/meeting/none#C1.A")
CHOOSE = "(kept) => localStorage.setItem('yunting.preferences', JSON.stringify(kept))"
READY = "() => document.querySelector('h1, h2') !== null && document.fonts.status === 'loaded'"
MEASURE = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const line = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
  };
  // The first opaque colour behind; null over a gradient or a picture, which has no one colour.
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      const [r, g, b, a = 1] = channels(style.backgroundColor);
      if (a === 1) return [r, g, b];
      if (a > 0) return null;
    }
    return [255, 255, 255];
  };
  const seen = (element) => element.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && !element.closest('.only-read, .skip, [aria-hidden=true], :disabled');
  const texts = [], targets = [];
  for (const element of document.querySelectorAll('#app *')) {
    if (!seen(element)) continue;
    const written = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const style = getComputedStyle(element);
    const what = `${element.tagName.toLowerCase()}.${element.className} “${element.textContent.trim().slice(0, 24)}”`;
    if (written && !(element instanceof SVGElement)) {
      const back = behind(element);
      const [a, b] = back ? [light(channels(style.color)), light(back)].sort((x, y) => y - x) : [1, 0];
      texts.push({what, px: parseFloat(style.fontSize), contrast: (a + 0.05) / (b + 0.05)});
    }
    if (element.matches('button, a.door, .tick, .field > input, .choice label')) {
      const box = element.getBoundingClientRect();
      targets.push({what, side: Math.min(box.width, box.height)});
    }
  }
  const body = getComputedStyle(document.body);
  const wide = document.documentElement.scrollWidth - innerWidth;
  return {body: parseFloat(body.fontSize), leading: parseFloat(body.lineHeight) / parseFloat(body.fontSize),
          texts, targets, wide};
}"""


async def measured(size: str, contrast: str) -> dict[str, Any]:
    """What `MEASURE` finds on each door at the size of a phone."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    found = {}
    async with courthouse() as court, async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = await chromium.new_page(viewport={"width": 390, "height": 844})
        await page.goto(court.url)
        await page.evaluate(CHOOSE, {"size": size, "contrast": contrast, "language": "zh-CN"})
        for door in DOORS:
            await page.goto(court.url + door)
            await page.wait_for_function(READY)
            found[door] = await page.evaluate(MEASURE)
        await chromium.close()
    return found


def assert_large(page: dict[str, Any], where: str) -> None:
    """Large type, large targets, contrast, and nothing to scroll sideways, by what `MEASURE` found."""
    assert page["body"] >= 24, where
    assert page["leading"] >= 1.3, where
    assert page["wide"] <= 0, f"{where} scrolls sideways"
    small = [text for text in page["texts"] if text["px"] < 18]
    assert page["texts"], where
    assert not small, (where, small)
    weak = [text for text in page["texts"] if text["contrast"] < 4.5]
    assert not weak, (where, weak)
    narrow = [target for target in page["targets"] if target["side"] < 60]
    assert page["targets"], where
    assert not narrow, (where, narrow)


@pytest.mark.parametrize("contrast", ["normal", pytest.param("high", marks=pytest.mark.long)])
async def test_elder_mode_has_large_type_large_targets_and_contrast(contrast: str) -> None:
    for door, page in (await measured("elder", contrast)).items():
        assert_large(page, door)


async def test_the_usual_size_keeps_targets_of_44_and_contrast() -> None:
    for door, page in (await measured("normal", "normal")).items():
        assert page["wide"] <= 0, f"{door} scrolls sideways"
        weak = [text for text in page["texts"] if text["contrast"] < 4.5]
        assert not weak, (door, weak)
        narrow = [target for target in page["targets"] if target["side"] < 44]
        assert not narrow, (door, narrow)
