import { useState } from "preact/hooks";
import type { Invitation } from "../../protocol/api.ts";
import { language } from "../../state/preferences.ts";
import { either, text } from "../../text/index.ts";
import { Button, Notice, wallTime } from "../../ui/index.ts";
import { EntryFrame } from "./EntryFrame.tsx";

interface Props {
  invitation: Invitation;
  onConfirm: () => void;
  corner?: preact.ComponentChildren;
}

function dateWords(utc_ms: number): string {
  const day = new Intl.DateTimeFormat(language.value, { timeZone: "Asia/Shanghai", dateStyle: "full" }).format(
    utc_ms,
  );
  return `${day} ${wallTime(utc_ms, "minute")}`;
}

/** Step 1: which case, and who one is in it. */
export function Who({ invitation, onConfirm, corner }: Props) {
  const t = text();
  const [wrong, setWrong] = useState(false);
  return (
    <EntryFrame
      court={invitation.court}
      step={0}
      title={t.party.who.title}
      corner={corner}
      actions={
        <>
          <Button kind="quiet" onClick={() => setWrong(true)}>
            {t.party.who.wrong}
          </Button>
          <Button kind="primary" big wide icon="check" onClick={onConfirm}>
            {t.party.who.confirm}
          </Button>
        </>
      }
    >
      <section class="card summons">
        <p class="summons-case digits">{invitation.case_no}</p>
        <p class="summons-title">{invitation.title}</p>
        <dl class="facts">
          <div>
            <dt>{t.party.who.you}</dt>
            <dd>
              <span class="summons-role">{either(invitation.label_zh, invitation.label_en)}</span>
              <strong>{invitation.name}</strong>
            </dd>
          </div>
          <div>
            <dt>{t.party.who.when}</dt>
            <dd class="digits">{dateWords(invitation.scheduled_utc_ms)}</dd>
          </div>
        </dl>
      </section>
      {wrong && (
        <Notice tone="warn" urgent>
          {t.party.who.wrongHint}
        </Notice>
      )}
    </EntryFrame>
  );
}
