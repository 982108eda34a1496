import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Icon } from "../../ui/index.ts";
import { undoSeconds } from "../flow/undo.ts";
import { act } from "./act.ts";
import { useTick } from "./useTick.ts";

/** After 闭庭: a minute to undo a mistake, counted down in sight; afterwards what is left to know. */
export function UndoBanner({ hearing, mayUndo }: { hearing: Hearing; mayUndo: boolean }) {
  const { bench: t } = courtText();
  const view = hearing.state.value.hearing;
  const closed = view?.state === "closed";
  useTick(250, closed);
  if (!view || !closed) return null;
  const left_s = undoSeconds(view, hearing.sessionNow());
  return (
    <div class="undo">
      <Icon name="gavel" />
      <div class="grow">
        <p class="undo-words">{left_s > 0 ? t.undo(left_s) : t.over}</p>
        <p class="small">{t.overText}</p>
        {left_s > 0 && <progress class="undo-left" max={60} value={left_s} aria-hidden="true" />}
      </div>
      {left_s > 0 && mayUndo && (
        <Button kind="primary" big onClick={() => act(hearing.do({ do: "move", move: "reopen" }))}>
          {t.undoButton}
        </Button>
      )}
    </div>
  );
}
