import { useEffect, useRef, useState } from "preact/hooks";

/** Plays one piece of the record at a time; `playing` is its key. Asked for again, it stops. */
export function useSound(onProblem: (cause: unknown) => void) {
  const [playing, setPlaying] = useState<string | null>(null);
  const current = useRef<{ key: string; abort: AbortController; audio: HTMLAudioElement; url: string } | null>(null);

  function stop() {
    const now = current.current;
    current.current = null;
    now?.abort.abort();
    now?.audio.pause();
    if (now?.url) URL.revokeObjectURL(now.url);
    setPlaying(null);
  }
  useEffect(() => stop, []);

  async function toggle(key: string, get: (signal: AbortSignal) => Promise<Blob>) {
    const same = current.current?.key === key;
    stop();
    if (same) return;
    const mine = { key, abort: new AbortController(), audio: new Audio(), url: "" };
    current.current = mine;
    setPlaying(key);
    try {
      mine.url = URL.createObjectURL(await get(mine.abort.signal));
      mine.audio.src = mine.url;
      mine.audio.onended = () => current.current === mine && stop();
      await mine.audio.play();
    } catch (cause) {
      if (current.current !== mine) return;
      stop();
      onProblem(cause);
    }
  }
  return { playing, toggle, stop };
}
