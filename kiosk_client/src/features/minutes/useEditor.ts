import { useRef, useState } from "preact/hooks";
import type { DoneMessage, LineKind, LineView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { failureText } from "../order/Ask.tsx";
import { cutPlace, type Draft, draftOf, oneLine, rebased } from "./draft.ts";

/** What the clerk is at: the chosen line, the text in work, and what may be taken back. */
export interface EditorState {
  picked: string | null;
  draft: Draft | null;
  struck: LineView | null;
  problem: string;
}

export interface Editing extends EditorState {
  pick(line: string | null): void;
  /** Opens the line; another one in work is saved first, and stays when it is refused. */
  edit(line: string): Promise<void>;
  type(text: string): void;
  /** Leaves the line as it is; what was typed is given up. */
  cancel(): void;
  /** True when the text stands in the record. Refused, it stays in the editor as it was typed. */
  save(): Promise<boolean>;
  keepMine(now: LineView): Promise<boolean>;
  saveAsNew(was: LineView): Promise<void>;
  split(cursor: number): Promise<void>;
  join(line: LineView, next: LineView | undefined): Promise<void>;
  assign(line: LineView, participant: string): Promise<void>;
  strike(line: LineView, struck: boolean, reason?: string): Promise<boolean>;
  write(text: string, kind: LineKind, participant: string | null): Promise<string | null>;
  say(problem: string): void;
}

/** The acts of the editor. Nothing typed is lost: a draft goes only when it was saved, or given up by its clerk. */
export function useEditor(hearing: Hearing): Editing {
  const [state, set] = useState<EditorState>({ picked: null, draft: null, struck: null, problem: "" });
  // What is known at the moment of the answer, not of the question.
  const latest = useRef(state);
  const put = (change: Partial<EditorState>) => {
    latest.current = { ...latest.current, ...change };
    set(latest.current);
  };
  const line = (id: string) => hearing.minutes.state.peek().lines.get(id);

  async function act(doing: Promise<DoneMessage>): Promise<DoneMessage | null> {
    try {
      const done = await doing;
      put({ problem: "" });
      return done;
    } catch (cause) {
      put({ problem: failureText(cause) });
      return null;
    }
  }

  async function save(draft = latest.current.draft): Promise<boolean> {
    if (!draft || draft.saving) return false;
    const text = oneLine(draft.text);
    const now = line(draft.line);
    // Nothing to write, or somebody else has written the very same.
    if (text.trim() === draft.before.trim() || text.trim() === now?.text.trim()) {
      put({ draft: null, problem: "" });
      return true;
    }
    put({ draft: { ...draft, saving: true, problem: "" } });
    // Another speaker or a line taken back in makes a revision too, and leaves the text as this clerk saw it.
    const revision = now?.text === draft.before ? now.revision : draft.revision;
    try {
      await hearing.do({ do: "line_edit", line: draft.line, revision, text });
    } catch (cause) {
      const typed = latest.current.draft;
      const mine = typed?.line === draft.line ? typed : draft;
      put({ draft: { ...mine, saving: false, problem: failureText(cause) } });
      return false;
    }
    put({ draft: null, problem: "" });
    return true;
  }

  return {
    ...state,
    pick: (picked) => put({ picked }),
    async edit(id) {
      const draft = latest.current.draft;
      if (draft?.line === id || (draft && !(await save()))) return;
      const one = line(id);
      if (one) put({ picked: id, draft: draftOf(one), problem: "" });
    },
    type: (text) => latest.current.draft && put({ draft: { ...latest.current.draft, text } }),
    cancel: () => put({ draft: null, problem: "" }),
    save: () => save(),
    keepMine: (now) => {
      const draft = latest.current.draft;
      return draft ? save(rebased(draft, now)) : Promise.resolve(false);
    },
    async saveAsNew(was) {
      const draft = latest.current.draft;
      if (!draft) return;
      const { kind, participant, language, from_ms } = was;
      const done = await act(
        hearing.do({ do: "line_write", text: oneLine(draft.text), kind, participant, language, from_ms }),
      );
      if (done) put({ draft: null });
    },
    async split(cursor) {
      const draft = latest.current.draft;
      if (!draft) return put({ problem: courtText().editor.splitFirst });
      const at = cutPlace(oneLine(draft.text), cursor);
      if (!(await save())) return;
      const revision = line(draft.line)?.revision ?? draft.revision;
      await act(hearing.do({ do: "line_split", line: draft.line, revision, at }));
    },
    async join(one, next) {
      if (!next) return put({ problem: courtText().editor.noNext });
      await act(
        hearing.do({
          do: "line_merge",
          line: one.id,
          revision: one.revision,
          second: next.id,
          second_revision: next.revision,
        }),
      );
    },
    async assign(one, participant) {
      await act(hearing.do({ do: "line_assign", line: one.id, revision: one.revision, participant }));
    },
    async strike(one, struck, reason = "") {
      const done = await act(hearing.do({ do: "line_strike", line: one.id, revision: one.revision, struck, reason }));
      if (done) put({ struck: struck ? one : null });
      return done !== null;
    },
    async write(text, kind, participant) {
      const done = await act(hearing.do({ do: "line_write", text: oneLine(text), kind, participant }));
      // A written line is known by the entry that made it.
      return done ? `w${done.seq}` : null;
    },
    say: (problem) => put({ problem }),
  };
}
