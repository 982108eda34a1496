import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  stream: MediaStream | null;
  /** What the picture shows, for screen readers. */
  label: string;
  /** Shown while there is no picture. */
  placeholder: string;
  /** A short word in the placeholder's disc, e.g. the role's first character. */
  initial?: string;
  mirrored?: boolean;
  fit?: "cover" | "contain";
  speaking?: boolean;
  children?: ComponentChildren;
}

/** One picture. Sound is played elsewhere, so tiles may come and go without a word being lost. */
export function VideoTile({
  stream,
  label,
  placeholder,
  initial,
  mirrored,
  fit = "cover",
  speaking,
  children,
}: Props) {
  const ref = useRef<HTMLVideoElement>(null);
  const [playing, setPlaying] = useState(false);
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
  return (
    <figure class={`tile${speaking ? " tile-speaking" : ""}`} aria-label={label}>
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
          <span>{placeholder}</span>
        </div>
      )}
      {children && <figcaption class="tile-over">{children}</figcaption>}
    </figure>
  );
}
