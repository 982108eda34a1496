import { useEffect, useRef, useState } from "preact/hooks";
import { type Act, GAVEL_HOLD_MS, gavelProgress, IDLE, type Keys, keyDown, keyUp, tick } from "./shortcuts.ts";

/** Keys belong to whoever is typing or answering a question; only then not to the bench. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return true;
  if (document.querySelector("dialog[open]")) return true;
  const at = event.target as HTMLElement | null;
  if (!at) return false;
  if (at.closest("input, textarea, select, [contenteditable]")) return true;
  return event.key === " " && at.closest("button, a, summary") !== null;
}

/** Listens for the console's keys. Returns how far the gavel's hold has come, 0 to 1. */
export function useShortcuts(onAct: (act: Act) => void): number {
  const [held, setHeld] = useState(0);
  const handler = useRef(onAct);
  handler.current = onAct;
  useEffect(() => {
    let keys: Keys = IDLE;
    let frame: ReturnType<typeof setInterval> | null = null;
    const take = ([next, act]: [Keys, Act | null]) => {
      keys = next;
      if (act) handler.current(act);
    };
    const watch = () => {
      take(tick(keys, performance.now()));
      setHeld(gavelProgress(keys, performance.now()));
      if (keys.gavel_since_ms === null && frame) {
        clearInterval(frame);
        frame = null;
      }
    };
    const down = (event: KeyboardEvent) => {
      if (isTaken(event)) return;
      if (event.key === " ") event.preventDefault();
      take(keyDown(keys, event.key, event.repeat, performance.now()));
      if (keys.gavel_since_ms !== null) frame ??= setInterval(watch, GAVEL_HOLD_MS / 25);
    };
    const up = (event: KeyboardEvent) => {
      take(keyUp(keys, event.key));
      watch();
    };
    // A key let go in another window never comes up here: talking must end all the same.
    const away = () => {
      take(keyUp(keys, " "));
      take(keyUp(keys, "g"));
      watch();
    };
    // A button clicked by mouse must not keep Space to itself.
    const clicked = (event: MouseEvent) => {
      if (event.detail > 0) (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("button")?.blur();
    };
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    window.addEventListener("blur", away);
    window.addEventListener("click", clicked);
    return () => {
      if (frame) clearInterval(frame);
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
      window.removeEventListener("blur", away);
      window.removeEventListener("click", clicked);
    };
  }, []);
  return held;
}
