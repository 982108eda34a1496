import type { LineView } from "../../protocol/messages.ts";

/** A line and what interpreters made of it, mostly one line: both stand side by side. */
export interface Pair {
  readonly line: LineView;
  readonly given: readonly LineView[];
}

/** The lines by their originals; an interpretation whose original is not shown stands by itself. */
export function paired(lines: readonly LineView[]): Pair[] {
  const originals = new Map<string, LineView[]>();
  for (const line of lines) if (line.original === null) originals.set(line.id, []);
  const alone = lines.filter((line) => {
    const beside = line.original === null ? undefined : originals.get(line.original);
    beside?.push(line);
    return !beside;
  });
  return alone.map((line) => ({ line, given: originals.get(line.id) ?? [] }));
}
