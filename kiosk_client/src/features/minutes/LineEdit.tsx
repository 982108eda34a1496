import { useLayoutEffect, useRef } from "preact/hooks";
import type { LineView } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { Button, Notice } from "../../ui/index.ts";
import { inConflict } from "./draft.ts";
import type { Editing } from "./useEditor.ts";

/** The text of one line in work; when somebody else was first, both texts with the choice between them. */
export function LineEdit({ editing, line }: { editing: Editing; line: LineView }) {
  const t = courtText().editor;
  const area = useRef<HTMLTextAreaElement>(null);
  const draft = editing.draft;
  // Before the next key: who types fast writes into the text, not into the list.
  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }, [line.id]);
  if (!draft) return null;
  const conflict = inConflict(draft, line);
  const gone = line.joined_to !== null || line.struck;
  return (
    <span class="line-edit">
      {conflict && (
        <span class="line-conflict" role="alert">
          <strong>{gone ? t.gone : t.conflict}</strong>
          <span class="line-theirs">
            <span class="small soft">{t.theirs}</span>
            <span>{line.text}</span>
          </span>
        </span>
      )}
      <label class={conflict ? "small soft" : "only-read"} for="line-area">
        {t.yours}
      </label>
      <textarea
        id="line-area"
        ref={area}
        class="line-area"
        rows={Math.min(8, 1 + Math.ceil(draft.text.length / 42))}
        maxLength={4000}
        value={draft.text}
        onInput={(event) => editing.type(event.currentTarget.value)}
      />
      {draft.problem && !conflict && (
        <Notice tone="bad" urgent>
          {draft.problem}
        </Notice>
      )}
      <span class="row">
        {conflict ? (
          <>
            {!gone && (
              <Button kind="primary" onClick={() => void editing.keepMine(line)}>
                {t.keepMine}
              </Button>
            )}
            <Button onClick={() => editing.cancel()}>{t.takeTheirs}</Button>
            <Button onClick={() => void editing.saveAsNew(line)}>{t.asNew}</Button>
          </>
        ) : (
          <>
            <Button kind="primary" disabled={draft.saving} onClick={() => void editing.save()}>
              {t.save} <kbd>Enter</kbd>
            </Button>
            <Button onClick={() => editing.cancel()}>
              {t.cancel} <kbd>Esc</kbd>
            </Button>
            <Button onClick={() => void editing.split(area.current?.selectionStart ?? 0)}>
              {t.split} <kbd>Alt+S</kbd>
            </Button>
          </>
        )}
      </span>
    </span>
  );
}
