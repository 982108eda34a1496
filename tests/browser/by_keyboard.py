"""Somebody without a mouse: reaches everything by Tab alone, and acts by Enter, Space and letters."""

from __future__ import annotations

from playwright.async_api import Page, expect

_MOST_TABS = 60
_FOCUSED = """() => {
  const at = document.activeElement;
  // A heading is focused for screen readers when a step changes: nobody acts on it.
  if (!at || at === document.body || at.tabIndex < 0) return '';
  return at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? '';
}"""


async def tab_to(page: Page, words: str) -> None:
    """Press Tab until what is so labelled has the focus. AssertionError when it is not reached."""
    for _ in range(_MOST_TABS):
        if words in await page.evaluate(_FOCUSED):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no keyboard reaches {words!r}")


async def press(page: Page, words: str, key: str = "Enter", role: str = "button") -> None:
    """Go to the control, once it may be used, and press a key on it."""
    control = page.get_by_role(role, name=words)  # type: ignore[arg-type]
    await expect(control.first).to_be_enabled(timeout=30_000)
    await tab_to(page, words)
    await page.keyboard.press(key)


async def read_to_the_end(page: Page, label: str) -> None:
    """Scroll a notice down by keys."""
    await expect(page.get_by_label(label, exact=True)).to_be_visible()
    await tab_to(page, label)
    await page.keyboard.press("End")
