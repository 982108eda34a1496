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
    const box = ref.current;
    if (!box) return;
    box.scrollTop = box.scrollHeight;
    // What comes into sight is laid out only then, and may be taller than was thought.
    requestAnimationFrame(() => {
      box.scrollTop = box.scrollHeight;
    });
    stuck.current = true;
    seen.current = count;
    setNewer(0);
  };
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const look = () => {
      stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
      if (stuck.current) setNewer(0);
    };
    box.addEventListener("scroll", look, { passive: true });
    return () => box.removeEventListener("scroll", look);
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
