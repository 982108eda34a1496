import type { LineView, Word } from "../../protocol/messages.ts";

/** A clerk's own text of one line, from the first key to its arrival in the record. */
export interface Draft {
  readonly line: string;
  /** What the line said when editing began. */
  readonly revision: number;
  readonly before: string;
  readonly text: string;
  readonly saving: boolean;
  /** Why it was not taken. */
  readonly problem: string;
}

export function draftOf(line: LineView): Draft {
  return { line: line.id, revision: line.revision, before: line.text, text: line.text, saving: false, problem: "" };
}

/** Somebody else changed, joined or struck the line since editing began: both texts must be shown. */
export function inConflict(draft: Draft, now: LineView | undefined): boolean {
  if (!now) return false;
  return now.joined_to !== null || now.struck || (now.revision !== draft.revision && now.text !== draft.text);
}

/** The draft upon the line as it is now: the clerk has seen the other's text and keeps their own. */
export function rebased(draft: Draft, now: LineView): Draft {
  return { ...draft, revision: now.revision, before: now.text, problem: "" };
}

/** One line of the minutes holds no line breaks; what is pasted may. */
export function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\t]+\s*/g, " ");
}

/** Where the server counts a cursor: in code points of the text as it keeps it. */
export function cutPlace(text: string, cursor: number): number {
  return [...text.slice(0, cursor).normalize("NFC").trimStart()].length;
}

/** Below this confidence (thousandths) a word is underlined for the clerk to listen to. */
export const UNSURE_PERMILLE = 600;

export interface Piece {
  readonly text: string;
  readonly unsure: boolean;
  /** When it was said; null where that is not known. */
  readonly from_ms: number | null;
}

/** The text in its words; whole, sure and of no moment when they do not make it up. */
export function pieces(text: string, words: readonly Word[]): Piece[] {
  const found = words.map((word) => {
    const doubted = word.confidence_permille !== null && word.confidence_permille < UNSURE_PERMILLE;
    // Where the glossary wrote another word than was heard, somebody has to look.
    return { text: word.text, unsure: doubted || word.heard !== undefined, from_ms: word.from_ms };
  });
  return found.map((one) => one.text).join("") === text ? found : [{ text, unsure: false, from_ms: null }];
}

/** When the word at this place of the line (UTF-16, as a cursor counts) was said; the line's beginning where that is
 * not known. */
export function saidAt(line: LineView, cursor: number): number {
  let end = 0;
  for (const piece of pieces(line.text, line.words)) {
    end += piece.text.length;
    if (cursor < end) return piece.from_ms ?? line.from_ms;
  }
  return line.from_ms;
}

/** The next free number of an exhibit: one more than the highest in the minutes. */
export function nextExhibit(lines: readonly LineView[]): number {
  let highest = 0;
  for (const line of lines) {
    for (const [, number] of line.text.matchAll(/【证据(\d{1,4})】/g)) highest = Math.max(highest, Number(number));
  }
  return highest + 1;
}
