/** How large a picture is beside its frame: 1 is whole. */
export const STEPS = [1, 1.5, 2, 3, 4, 6] as const;
const CLICKED = 2;

/** The next step up (+1) or down (-1), at most to the ends. */
export function stepped(scale: number, by: 1 | -1): number {
  const next = by > 0 ? STEPS.find((step) => step > scale) : [...STEPS].reverse().find((step) => step < scale);
  return next ?? scale;
}

/** Pressing the picture enlarges it, or shows it whole again. */
export function toggled(scale: number): number {
  return scale > 1 ? 1 : CLICKED;
}

/** The size after a key, or null where the key means nothing here. */
export function keyed(scale: number, key: string): number | null {
  if (key === "+" || key === "=") return stepped(scale, 1);
  if (key === "-" || key === "_" || key === "－") return stepped(scale, -1);
  if (key === "0") return 1;
  return null;
}

/** Where to scroll so that the point at `at` (0 to 1 of the picture) stands in the middle of a frame of `frame` px. */
export function scrollFor(at: number, scale: number, frame: number): number {
  return Math.max(0, Math.min(at * frame * scale - frame / 2, frame * (scale - 1)));
}
