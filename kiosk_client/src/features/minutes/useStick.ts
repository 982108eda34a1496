import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const NEAR_PX = 48;

interface Stick<T extends HTMLElement> {
  ref: { current: T | null };
  /** Lines that came while the reader looked further up. */
  newer: number;
  toEnd: () => void;
}

/** Follows the end of a growing list while its reader is there, and leaves them alone as soon as they scroll up.
 * `held` keeps still whatever comes, e.g. while a line is edited. */
export function useStick<T extends HTMLElement>(count: number, held: boolean): Stick<T> {
  const ref = useRef<T>(null);
  const stuck = useRef(true);
  const seen = useRef(count);
  const [newer, setNewer] = useState(0);
  const toEnd = () => {
    stuck.current = true;
    seen.current = count;
    setNewer(0);
    if (ref.current) ref.current.scrollTop = ref.current.scrollHeight;
  };
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    let was_px = box.scrollTop;
    const look = () => {
      const up = box.scrollTop < was_px;
      was_px = box.scrollTop;
      const atEnd = box.scrollHeight - was_px - box.clientHeight < NEAR_PX;
      if (atEnd) setNewer(0);
      // Rows are laid out when they come into sight, and may be taller than was thought: then the end is further down.
      else if (stuck.current && !up) box.scrollTop = box.scrollHeight;
      stuck.current = atEnd || (stuck.current && !up);
    };
    // A panel that opens has no height at first.
    const grown = new ResizeObserver(() => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
    });
    box.addEventListener("scroll", look, { passive: true });
    grown.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      grown.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    if (stuck.current && !held) toEnd();
    else if (count > seen.current) {
      stuck.current = false;
      setNewer(newer + count - seen.current);
    }
    seen.current = count;
  }, [count]);
  return { ref, newer, toEnd };
}
