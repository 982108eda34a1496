import { signal } from "@preact/signals";

/** Address of the court's own emblem; empty: the neutral mark. Set once when a page opens. */
export const emblem = signal("");

interface Props {
  court: string;
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

/** What stands where a court's building shows its emblem: the court's own image, or the neutral mark. */
export function Emblem() {
  return emblem.value ? <img class="emblem" src={emblem.value} alt="" /> : <Mark />;
}

export function Brand({ court, big, sub }: Props) {
  return (
    <span class={`brand${big ? " brand-big" : ""}`}>
      <span class="brand-emblem" data-slot="emblem">
        <Emblem />
      </span>
      <span class="brand-words">
        <span class="brand-court">{court}</span>
        {sub && <span class="brand-sub">{sub}</span>}
      </span>
    </span>
  );
}
