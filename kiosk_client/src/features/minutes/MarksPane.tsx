import { useEffect } from "preact/hooks";
import type { LineView } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { shownLines } from "../../state/minutes.ts";
import { courtText } from "../../text/court.ts";
import { Button, duration, Icon } from "../../ui/index.ts";
import { ExhibitDesk } from "../exhibits/ExhibitDesk.tsx";
import { titleOf } from "../hearing/words.ts";
import { nextExhibit } from "./draft.ts";
import { useEditor } from "./useEditor.ts";
import "./minutes.css";

/** The register of exhibits; then what the minutes say of exhibits and marks, both of which can be set here. */
export function MarksPane({ hearing }: { hearing: Hearing }) {
  const { clerk, editor } = courtText();
  const t = clerk.marks;
  useEffect(() => hearing.minutes.read(), [hearing]);
  const editing = useEditor(hearing);
  const state = hearing.state.value;
  const lines = shownLines(hearing.minutes.state.value).filter(
    (one) => one.kind === "mark" || one.kind === "exhibit",
  );
  const may = state.rights.includes("write_minutes") && state.hearing?.recording === true;
  const set = (kind: "mark" | "exhibit") => {
    const all = [...hearing.minutes.state.peek().lines.values()];
    void editing.write(kind === "mark" ? editor.passages.mark : editor.exhibit(nextExhibit(all)), kind, null);
  };
  return (
    <>
      <ExhibitDesk hearing={hearing} />
      <div class="attendance-sum">
        <span class="grow small soft">{t.explain}</span>
        {may && (
          <>
            <Button icon="plus" onClick={() => set("exhibit")}>
              {t.addExhibit}
            </Button>
            <Button icon="plus" onClick={() => set("mark")}>
              {t.addMark}
            </Button>
          </>
        )}
      </div>
      {editing.problem && (
        <p class="panel-body field-error" role="alert">
          {editing.problem}
        </p>
      )}
      {lines.length === 0 && <p class="table-empty">{t.empty}</p>}
      <ol class="moments">
        {lines.map((line) => (
          <Mark key={line.id} line={line} hearing={hearing} />
        ))}
      </ol>
    </>
  );
}

function Mark({ line, hearing }: { line: LineView; hearing: Hearing }) {
  const t = courtText().clerk.marks;
  const who = line.participant ? person(hearing.state.value, line.participant) : null;
  return (
    <li class="moment">
      <time class="digits soft">{duration(line.from_ms)}</time>
      <span class={`tag ${line.kind === "exhibit" ? "tag-info" : ""}`}>
        <Icon name={line.kind === "exhibit" ? "doc" : "check"} /> {line.kind === "exhibit" ? t.exhibit : t.mark}
      </span>
      <span class="grow">{line.text}</span>
      {who && <span class="soft">{titleOf(who)}</span>}
    </li>
  );
}
