/** The editor's keyboard as a pure table: a key in, an act out. While text is edited, only its own keys act. */
export type EditorAct =
  | "up"
  | "down"
  | "first"
  | "last"
  | "edit"
  | "cancel"
  | "save"
  | "split"
  | "join"
  | "assign"
  | "history"
  | "strike"
  | "strike_why"
  | "undo"
  | "hear"
  | "quiet"
  | "help"
  | "mark"
  | "identity"
  | "rights"
  | "discipline"
  | "exhibit"
  | "closing"
  | "write";

export interface Key {
  key: string;
  code?: string;
  alt?: boolean;
  ctrl?: boolean;
  shift?: boolean;
  /** An input method is composing: its Enter and Escape are its own. */
  composing?: boolean;
}

/** F5 stays the browser's: who reloads a page means it. */
const MARKS: Record<string, EditorAct> = {
  F2: "mark",
  F3: "identity",
  F4: "rights",
  F6: "discipline",
  F7: "exhibit",
  F8: "closing",
  F9: "write",
};
const WITH_ALT: Record<string, EditorAct> = {
  KeyS: "split",
  KeyM: "join",
  KeyR: "assign",
  KeyH: "history",
  KeyP: "hear",
};
const BROWSING: Record<string, EditorAct> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Home: "first",
  End: "last",
  Enter: "edit",
  Delete: "strike",
  " ": "hear",
  Escape: "quiet",
  "?": "help",
  "？": "help",
};

export function editorAct(pressed: Key, editing: boolean): EditorAct | null {
  if (pressed.composing) return null;
  const mark = MARKS[pressed.key];
  if (mark) return pressed.alt || pressed.ctrl ? null : mark;
  // By place: with Alt some keyboards write another letter.
  if (pressed.alt) return pressed.ctrl ? null : (WITH_ALT[pressed.code ?? ""] ?? null);
  if (editing) {
    if (pressed.key === "Escape") return "cancel";
    return pressed.key === "Enter" && !pressed.shift ? "save" : null;
  }
  if (pressed.ctrl) return pressed.code === "KeyZ" ? "undo" : null;
  if (pressed.key === "Delete" && pressed.shift) return "strike_why";
  return BROWSING[pressed.key] ?? null;
}
