import { useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import { type Console, meetingsApi } from "../../protocol/console.ts";
import { serverMs } from "../../protocol/serverTime.ts";
import { consoleText } from "../../text/console.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { tidyCaseNo } from "../sessions/caseNo.ts";
import { courtDay, courtInstant } from "../sessions/courtTime.ts";

interface Props {
  court: CourtCard;
  onMade: (console: Console) => void;
  onClose: () => void;
}

/** A new meeting: the case, its name, the time on the court's clock. */
export function MeetingForm({ court, onMade, onClose }: Props) {
  const t = consoleText();
  const f = t.form;
  const [caseNo, setCaseNo] = useState("");
  const [title, setTitle] = useState<string>(f.nameValue);
  const [day, setDay] = useState(() => courtDay(court.time_zone, serverMs()));
  const [time, setTime] = useState("09:30");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function save(event: Event) {
    event.preventDefault();
    const at = courtInstant(court.time_zone, day, time);
    if (!caseNo.trim() || !title.trim() || at === null) return setProblem(f.missing);
    setBusy(true);
    setProblem(null);
    try {
      onMade(
        await meetingsApi.create({
          court: court.court,
          case_no: tidyCaseNo(caseNo),
          title: title.trim(),
          scheduled_utc_ms: at,
        }),
      );
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }

  return (
    <form class="panel" onSubmit={(event) => void save(event)} noValidate>
      <div class="panel-head">
        <h2>{t.create}</h2>
      </div>
      <div class="panel-body stack">
        <div class="form-grid">
          <Field label={f.caseNo} value={caseNo} onInput={setCaseNo} maxLength={60} required autoFocus />
          <Field label={f.name} value={title} onInput={setTitle} maxLength={100} required />
          <Field label={f.day} type="date" value={day} onInput={setDay} required />
          <Field label={f.time} type="time" value={time} onInput={setTime} required />
        </div>
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        <div class="row">
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" type="submit" disabled={busy}>
            {f.save}
          </Button>
        </div>
      </div>
    </form>
  );
}
