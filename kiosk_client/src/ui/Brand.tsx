interface Props {
  court: string;
  /** Address of the court's own emblem, set by the court; without it a neutral mark is shown. */
  emblem?: string | null;
  big?: boolean;
  sub?: string;
}

/** Neutral mark: a pavilion's roof over two pillars. The national emblem is never drawn here; a court supplies its image. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path d="M24 5v4M4 19c8-1.500 14-5 20-10 6 5 12 8.500 20 10-2 .800-4 1-6 1H10c-2 0-4-.200-6-1Z" />
      <path d="M12 23v15M36 23v15M20 23v15M28 23v15M8 42h32" />
    </svg>
  );
}

export function Brand({ court, emblem, big, sub }: Props) {
  return (
    <span class={`brand${big ? " brand-big" : ""}`}>
      <span class="brand-emblem" data-slot="emblem">
        {emblem ? <img src={emblem} alt="" /> : <Mark />}
      </span>
      <span class="brand-words">
        <span class="brand-court">{court}</span>
        {sub && <span class="brand-sub">{sub}</span>}
      </span>
    </span>
  );
}
