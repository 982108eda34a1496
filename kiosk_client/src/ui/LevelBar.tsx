interface Props {
  label: string;
  /** 0 (silence) to 1 (full scale). */
  level: number;
}

const CELLS = 16;

/** Loudness as a row of cells: visible without telling colours apart. */
export function LevelBar({ label, level }: Props) {
  const lit = Math.round(Math.min(1, Math.max(0, level)) * CELLS);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a native meter cannot be drawn as cells
    <div
      class="level"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((lit / CELLS) * 100)}
    >
      {Array.from({ length: CELLS }, (_, index) => (
        <i key={index} class={index < lit ? (index > CELLS * 0.8 ? "level-hot" : "level-on") : undefined} />
      ))}
    </div>
  );
}
