import type { SignerView } from "../protocol/messages.ts";
import type { CorrectionView, MinutesView, ReadParagraph } from "../protocol/review.ts";

/** The one text that is signed, by the rule of docs/protocol.md. Pure. */
export function textOf(view: MinutesView): string {
  const lines = [
    view.court,
    view.title,
    ...view.fields.map((field) => `${field.name}：${field.text}`),
    ...view.paragraphs.map((one) => (one.speaker ? `${one.speaker}：${one.text}` : one.text)),
    view.closing,
    ...view.places.map((place) => `${place}（签名）：`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

export interface Statement {
  image_sha256: string;
  minutes_sha256: string;
  participant: string;
  session: string;
  signed_utc_ms: number;
  verdict: string;
}

/** What the key signs: the keys in this order, no blanks (`hearing/signing.py`). */
export function statement(said: Statement): string {
  const { image_sha256, minutes_sha256, participant, session, signed_utc_ms, verdict } = said;
  return JSON.stringify({ image_sha256, minutes_sha256, participant, session, signed_utc_ms, verdict });
}

export interface Piece {
  readonly form: "same" | "gone" | "new";
  readonly text: string;
}

/** What of a text was replaced: same beginning, gone, new, same end, by whole characters. Pure. */
export function changed(was: string, wanted: string): Piece[] {
  const a = [...was];
  const b = [...wanted];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const pieces: Piece[] = [
    { form: "same", text: a.slice(0, head).join("") },
    { form: "gone", text: a.slice(head, a.length - tail).join("") },
    { form: "new", text: b.slice(head, b.length - tail).join("") },
    { form: "same", text: a.slice(a.length - tail).join("") },
  ];
  return pieces.filter((piece) => piece.text !== "");
}

export interface Asked {
  readonly paragraph: ReadParagraph;
  readonly corrections: readonly CorrectionView[];
}

/** Each paragraph with what was asked about its line; a line of several paragraphs shows it at the first. Pure. */
export function byParagraph(view: MinutesView): Asked[] {
  const seen = new Set<string>();
  return view.paragraphs.map((paragraph) => {
    const first = paragraph.line !== "" && !seen.has(paragraph.line);
    seen.add(paragraph.line);
    return { paragraph, corrections: first ? view.corrections.filter((one) => one.line === paragraph.line) : [] };
  });
}

/** The whole text of a line as the minutes show it; its paragraphs joined. */
export function lineText(view: MinutesView, line: string): string {
  return view.paragraphs
    .filter((one) => one.line === line)
    .map((one) => one.text)
    .join("");
}

/** Requests that wait come first, in order of asking. Pure. */
export function inOrder(corrections: readonly CorrectionView[]): CorrectionView[] {
  const waiting = corrections.filter((one) => one.accepted === null);
  return [...waiting, ...corrections.filter((one) => one.accepted !== null)];
}

/** Whether nobody has still to sign and no request waits. */
export function complete(signers: readonly SignerView[], undecided: number): boolean {
  return undecided === 0 && signers.every((one) => one.standing === "signed" || one.standing === "refused");
}

export interface Left {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
}

/** Time left for reading; null when it is over. */
export function timeLeft(until_utc_ms: number, now_utc_ms: number): Left | null {
  const left = Math.ceil((until_utc_ms - now_utc_ms) / 60_000);
  if (left <= 0) return null;
  return { days: Math.floor(left / 1440), hours: Math.floor(left / 60) % 24, minutes: left % 60 };
}
