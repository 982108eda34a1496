import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./Icon.tsx";

interface Props {
  stream: MediaStream | null;
  /** What the picture shows, for screen readers. */
  label: string;
  /** Shown while there is no picture. */
  placeholder: string;
  /** Shown instead when a stream is there but brings no picture for a while. */
  silent?: string;
  /** A short word in the placeholder's disc, e.g. the role's first character. */
  initial?: string;
  mirrored?: boolean;
  fit?: "cover" | "contain";
  speaking?: boolean;
  /** Why the picture stands still, laid over the last one. */
  held?: string;
  /** The whole tile, for whoever measures it. */
  frame?: RefObject<HTMLElement | null>;
  children?: ComponentChildren;
}

const PATIENCE_MS = 6_000;

/** One picture. Sound is played elsewhere, so tiles may come and go without a word being lost. */
export function VideoTile({
  stream,
  label,
  placeholder,
  silent,
  initial,
  mirrored,
  fit = "cover",
  speaking,
  held,
  frame,
  children,
}: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  const [playing, setPlaying] = useState(false);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    if (video.srcObject !== stream) {
      setPlaying(false);
      video.srcObject = stream;
    }
    // Autoplay of a muted picture is refused only in power-saving modes; the first touch then starts it.
    if (stream)
      video.play().catch(() => document.addEventListener("pointerdown", () => void video.play(), { once: true }));
  }, [stream]);
  useEffect(() => {
    setLate(false);
    if (!stream || playing) return;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [stream, playing]);
  return (
    <figure ref={frame} class={`tile${speaking ? " tile-speaking" : ""}`} aria-label={label}>
      <video
        ref={ref}
        class={`tile-video tile-${fit}${mirrored ? " tile-mirrored" : ""}${stream && playing ? "" : " tile-hidden"}`}
        autoplay
        playsInline
        muted
        onPlaying={() => setPlaying(true)}
        onEmptied={() => setPlaying(false)}
      />
      {!(stream && playing) && (
        <div class="tile-none">
          {initial && (
            <span class="tile-initial" aria-hidden="true">
              {initial}
            </span>
          )}
          <span class={held && "tile-why"}>{held ?? (late && silent ? silent : placeholder)}</span>
        </div>
      )}
      {stream && playing && held && (
        <div class="tile-held">
          <Icon name="pause" />
          <span>{held}</span>
        </div>
      )}
      {children && <figcaption class="tile-over">{children}</figcaption>}
    </figure>
  );
}
