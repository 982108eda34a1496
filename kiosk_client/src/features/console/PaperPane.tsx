import { useState } from "preact/hooks";
import type { Console, ConsoleApi, PaperState } from "../../protocol/console.ts";
import { choiceValues } from "../../protocol/meeting.ts";
import { serverMs } from "../../protocol/serverTime.ts";
import type { Staff } from "../../protocol/staff.ts";
import { consoleText } from "../../text/console.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Choice, Field, FilePick, Notice, Select, type Tone } from "../../ui/index.ts";
import { groupName } from "../meeting/names.ts";
import { failureText } from "../order/Ask.tsx";
import { courtDay, courtInstant, courtTime } from "../sessions/courtTime.ts";
import { digestOf } from "./digest.ts";

const TONES: Record<PaperState, Tone> = { waits: "info", differs: "warn", counted: "ok" };

interface Props {
  api: ConsoleApi;
  staff: Staff;
  zone: string;
  console: Console;
  onChange: () => Promise<void>;
}

/** 纸质票: keyed in blind by two; this page never shows what the other keyed in. */
export function PaperPane({ api, staff, zone, console, onChange }: Props) {
  const t = consoleText().paper;
  const { choices } = meetingText();
  const rounds = console.meeting.motions.filter((each) => each.state === "open" || each.state === "closed");
  const [picked, setPicked] = useState("");
  const [paper, setPaper] = useState("");
  const [channel, setChannel] = useState<"paper" | "phone">("paper");
  const [creditor, setCreditor] = useState("");
  const [division, setDivision] = useState("");
  const [choice, setChoice] = useState("");
  const [at, setAt] = useState(() => `${courtDay(zone, serverMs())}T${courtTime(zone, serverMs())}`);
  const [scan, setScan] = useState<File | null>(null);
  const [keyed, setKeyed] = useState<{ paper: string; state: PaperState }[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const motion = rounds.find((each) => `${each.motion}/${each.round}` === picked) ?? rounds[0];

  if (staff.role === "judge") return <p class="card soft">{t.noRight}</p>;
  if (!motion) return <p class="card soft">{t.none}</p>;
  const divisions = motion.groups.length > 0 ? motion.groups : ["all"];
  const chosenDivision = divisions.find((each) => each === division) ?? divisions[0] ?? "all";

  async function save(event: Event) {
    event.preventDefault();
    const [day = "", time = ""] = at.split("T");
    const received = courtInstant(zone, day, time);
    const said = choiceValues.find((each) => each === choice);
    if (!motion || !paper.trim() || !creditor.trim() || !said || !scan || received === null)
      return setProblem(t.missing);
    setBusy(true);
    setProblem(null);
    try {
      const state = await api.keyPaper({
        paper: paper.trim(),
        channel,
        motion: motion.motion,
        round: motion.round,
        division: chosenDivision,
        creditor: creditor.trim(),
        choice: said,
        received_utc_ms: received,
        scan: await digestOf(scan),
      });
      setKeyed([state, ...keyed.filter((each) => each.paper !== state.paper)]);
      setPaper("");
      setCreditor("");
      setChoice("");
      setScan(null);
      await onChange();
    } catch (cause) {
      setProblem(failureText(cause));
    }
    setBusy(false);
  }

  return (
    <form class="panel" onSubmit={(event) => void save(event)} noValidate>
      <div class="panel-head">
        <h3>{t.title}</h3>
      </div>
      <div class="panel-body stack">
        <p class="soft">{t.lead}</p>
        <div class="form-grid">
          <Field label={t.id} value={paper} onInput={setPaper} maxLength={64} autocomplete="off" />
          <Field label={t.creditor} value={creditor} onInput={setCreditor} maxLength={64} autocomplete="off" />
          <Select
            label={t.motion}
            value={`${motion.motion}/${motion.round}`}
            options={rounds.map((each) => ({ value: `${each.motion}/${each.round}`, label: each.title }))}
            onChange={setPicked}
          />
          <Field label={t.at} type="datetime-local" value={at} onInput={setAt} />
          {divisions.length > 1 && (
            <Select
              label={t.division}
              value={chosenDivision}
              options={divisions.map((value) => ({ value, label: groupName(value) }))}
              onChange={setDivision}
            />
          )}
        </div>
        <Choice
          legend={t.channel}
          options={(["paper", "phone"] as const).map((value) => ({ value, label: t.channels[value] }))}
          value={channel}
          onChange={setChannel}
        />
        <Choice
          legend={t.choice}
          options={choiceValues.map((value) => ({ value: value as string, label: choices[value] }))}
          value={choice}
          onChange={setChoice}
        />
        <FilePick
          label={t.scan}
          choose={consoleText().roll.choose}
          none={consoleText().people.documentHint}
          accept="image/*,audio/*,.pdf"
          value={scan}
          onPick={setScan}
        />
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        <Button kind="primary" type="submit" disabled={busy}>
          {t.save}
        </Button>
        {keyed.length > 0 && (
          <section class="stack" aria-label={t.list}>
            <h4>{t.list}</h4>
            {keyed.map((each) => (
              <Notice key={each.paper} tone={TONES[each.state]} title={each.paper}>
                {t[each.state]}
              </Notice>
            ))}
          </section>
        )}
      </div>
    </form>
  );
}
