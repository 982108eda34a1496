export type LampTone = "good" | "fair" | "poor" | "lost" | "record" | "off";

interface Props {
  tone: LampTone;
  /** The words beside the lamp; colour never speaks alone. */
  children: string;
  live?: boolean;
  /** Keep only the shape in sight; the words stay for screen readers and as a title. */
  compact?: boolean;
}

/** A state by shape, colour and words: bars for a network, a dot for recording. */
export function Lamp({ tone, children, live, compact }: Props) {
  const dot = tone === "record" || tone === "off";
  return (
    <span class={`lamp lamp-${tone}`} role={live ? "status" : undefined} title={compact ? children : undefined}>
      {dot ? (
        <span class="lamp-dot" aria-hidden="true" />
      ) : (
        <span class="lamp-bars" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <span class={compact ? "only-read" : "lamp-word"}>{children}</span>
    </span>
  );
}
