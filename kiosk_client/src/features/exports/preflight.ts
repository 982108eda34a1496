import type { HearingView, State } from "../../protocol/messages.ts";

/** What the export wizard states before it starts. `blocking` facts keep the button shut. */
export interface Fact {
  id: "closed" | "incidents" | "tracks" | "disk" | "undo";
  ok: boolean;
  blocking: boolean;
  figure: string;
}

export interface PreflightInput {
  state: State;
  incidents: number;
  tracks: number | null;
  disk_free_bytes: number | null;
  recorded_bytes: number | null;
  undo_s: number;
}

const ENDED: ReadonlySet<State> = new Set(["closed", "transcript_review", "signed", "sealed", "converted_offline"]);

/** Before the closing there is nothing to tick off; after it the recorder knows no track any more that it has finished. */
export function preflight(input: PreflightInput): Fact[] {
  const ended = ENDED.has(input.state);
  const facts: Fact[] = [{ id: "closed", ok: ended, blocking: !ended, figure: "" }];
  if (ended)
    facts.push(
      { id: "undo", ok: input.undo_s === 0, blocking: false, figure: `${input.undo_s}` },
      { id: "incidents", ok: input.incidents === 0, blocking: false, figure: `${input.incidents}` },
    );
  if (input.tracks !== null && !ended)
    facts.push({ id: "tracks", ok: input.tracks > 0, blocking: false, figure: `${input.tracks}` });
  if (input.disk_free_bytes !== null) {
    // The package holds the tracks once more and the composite besides.
    const need = (input.recorded_bytes ?? 0) * 3;
    facts.push({
      id: "disk",
      ok: input.disk_free_bytes > need,
      blocking: input.disk_free_bytes < need,
      figure: bytesText(input.disk_free_bytes),
    });
  }
  return facts;
}

export function mayStart(facts: readonly Fact[]): boolean {
  return facts.every((fact) => !fact.blocking);
}

export function hasEnded(hearing: Pick<HearingView, "state">): boolean {
  return ENDED.has(hearing.state);
}

/** `1.4 GB`, three digits at most, decimal units as on the label of a disk. */
export function bytesText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A hex fingerprint in groups of four, so that two people can compare it aloud. */
export function fingerprintGroups(hex: string): string[] {
  return hex.match(/.{1,4}/g) ?? [];
}
