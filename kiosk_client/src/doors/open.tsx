import { type ComponentChild, render } from "preact";
import { api } from "../protocol/api.ts";
import { applyPreferences } from "../state/preferences.ts";
import { emblem } from "../ui/index.ts";
import "../ui/ui.css";

/** Puts a page on the screen. `remember: false` where the next person must find no trace (kiosk). */
export function openDoor(door: string, page: ComponentChild, options: { remember?: boolean } = {}): void {
  applyPreferences(door, options.remember ?? true);
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  // A courtesy: without an answer the neutral mark stays.
  api.court().then(
    (court) => {
      emblem.value = court.emblem;
    },
    () => undefined,
  );
  render(page, root);
}
