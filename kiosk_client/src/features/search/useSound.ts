import { useEffect, useRef, useState } from "preact/hooks";
import type { SearchHit } from "../../protocol/search.ts";
import { searchApi } from "../../protocol/search.ts";

/** Plays one hit at a time; `playing` is its line. Pressing it again stops it. */
export function useSound(onProblem: (cause: unknown) => void) {
  const [playing, setPlaying] = useState<string | null>(null);
  const current = useRef<{ abort: AbortController; audio: HTMLAudioElement; url: string } | null>(null);

  function stop() {
    const now = current.current;
    current.current = null;
    now?.abort.abort();
    now?.audio.pause();
    if (now?.url) URL.revokeObjectURL(now.url);
    setPlaying(null);
  }
  useEffect(() => stop, []);

  async function toggle(hit: SearchHit) {
    const same = playing === keyOf(hit);
    stop();
    if (same) return;
    const mine = { abort: new AbortController(), audio: new Audio(), url: "" };
    current.current = mine;
    setPlaying(keyOf(hit));
    try {
      mine.url = URL.createObjectURL(await searchApi.sound(hit, mine.abort.signal));
      mine.audio.src = mine.url;
      mine.audio.onended = () => current.current === mine && stop();
      await mine.audio.play();
    } catch (cause) {
      if (current.current !== mine) return;
      stop();
      onProblem(cause);
    }
  }
  return { playing, toggle };
}

export const keyOf = (hit: SearchHit) => `${hit.session}/${hit.line}`;
