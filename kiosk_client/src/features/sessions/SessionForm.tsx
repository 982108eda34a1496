import { useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import { identityLevelValues } from "../../protocol/messages.ts";
import { type NewSeat, type SessionDetail, type Staff, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice, Select, TextArea, Tick } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { tidyCaseNo } from "./caseNo.ts";
import { courtInstant, courtTime } from "./courtTime.ts";
import {
  needsAccount,
  type Problem,
  problems,
  type SeatDraft,
  type SessionDraft,
  seatNames,
  seatProblems,
  terms,
} from "./draft.ts";
import { emptySeat, SeatEditor } from "./SeatEditor.tsx";

interface Props {
  court: CourtCard;
  staff: Staff;
  day: string;
  onMade: (session: SessionDetail) => void;
  onClose: () => void;
}

function firstDraft(staff: Staff, day: string): SessionDraft {
  return {
    case_no: "",
    hearing_no: "1",
    cause: "",
    glossary: "",
    title: "",
    public: true,
    day,
    time: "09:30",
    identity: "",
    seats: [
      emptySeat("judge"),
      { ...emptySeat("clerk"), name: staff.name, account: staff.account },
      emptySeat("plaintiff"),
      emptySeat("defendant"),
    ],
  };
}

/** Seats as the server takes them: named, tidied, without what the role does not ask for. */
export function newSeats(seats: readonly SeatDraft[], taken: readonly string[] = []): NewSeat[] {
  const used = new Set(taken);
  return seatNames(seats).map((name, index) => {
    let free = name;
    for (let n = 2; used.has(free); n++) free = name.replace(/\d+$/, `${n}`);
    used.add(free);
    const seat = seats[index] as SeatDraft;
    return {
      seat: free,
      role: seat.role,
      name: seat.name.trim(),
      required: seat.required,
      ...(needsAccount(seat.role) ? { account: seat.account.trim() } : {}),
    };
  });
}

/** A new session: the case, the time on the court's clock, who sits where. */
export function SessionForm({ court, staff, day, onMade, onClose }: Props) {
  const { clerk, desk } = courtText();
  const t = clerk.form;
  const [draft, setDraft] = useState<SessionDraft>(() => firstDraft(staff, day));
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const set = (more: Partial<SessionDraft>) => setDraft({ ...draft, ...more });
  const wrong = checked ? problems(draft, court.time_zone, Date.now()) : [];
  const say = (prefix: string) => {
    const found: Problem | undefined = wrong.find((problem) => problem.startsWith(prefix));
    return found ? { error: clerk.problems[found] } : {};
  };
  const at_ms = courtInstant(court.time_zone, draft.day, draft.time);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const away =
    at_ms !== null && courtTime(here, at_ms) !== draft.time ? t.local(`${here} ${courtTime(here, at_ms)}`) : null;

  async function save(event: Event) {
    event.preventDefault();
    setChecked(true);
    setRefusal(null);
    const seatsWrong = draft.seats.some((seat) => seatProblems(seat, draft.seats).length > 0);
    if (seatsWrong || problems(draft, court.time_zone, Date.now()).length > 0 || at_ms === null) return;
    setBusy(true);
    try {
      onMade(
        await staffApi.create({
          court: court.court,
          case_no: tidyCaseNo(draft.case_no),
          hearing_no: draft.hearing_no.trim() || "1",
          cause: draft.cause.trim(),
          title: draft.title.trim(),
          public: draft.public,
          scheduled_utc_ms: at_ms,
          ...(draft.identity ? { identity: draft.identity } : {}),
          seats: newSeats(draft.seats),
          glossary: terms(draft.glossary),
        }),
      );
    } catch (cause) {
      setRefusal(failureText(cause));
      setBusy(false);
    }
  }

  const seatAt = (index: number, seat: SeatDraft) =>
    set({ seats: draft.seats.map((old, other) => (other === index ? seat : old)) });
  const seatsProblem = wrong.filter((problem) => problem.startsWith("seats."));
  return (
    <form class="panel session-form" onSubmit={(event) => void save(event)} noValidate>
      <div class="panel-head">
        <h2>{t.title}</h2>
      </div>
      <div class="panel-body stack">
        <div class="form-grid">
          <Field
            label={t.case_no}
            hint={t.case_noHint}
            value={draft.case_no}
            maxLength={60}
            onInput={(case_no) => set({ case_no })}
            {...say("case_no")}
          />
          <Field
            label={t.cause}
            hint={t.causeHint}
            value={draft.cause}
            maxLength={80}
            onInput={(cause) => set({ cause })}
            {...say("cause")}
          />
          <Field
            label={t.day}
            type="date"
            value={draft.day}
            onInput={(day) => set({ day })}
            hint={t.zone(court.time_zone)}
            {...say("time")}
          />
          <Field
            label={t.time}
            type="time"
            value={draft.time}
            onInput={(time) => set({ time })}
            {...(away ? { hint: away } : {})}
          />
          <Field
            label={t.hearing_no}
            value={draft.hearing_no}
            maxLength={8}
            onInput={(hearing_no) => set({ hearing_no })}
          />
          <Field label={t.name} value={draft.title} maxLength={80} onInput={(title) => set({ title })} />
        </div>
        <TextArea
          label={t.glossary}
          hint={t.glossaryHint}
          value={draft.glossary}
          maxLength={4000}
          onInput={(glossary) => set({ glossary })}
          {...say("glossary")}
        />
        <Tick checked={draft.public} onChange={(open) => set({ public: open })}>
          {t.public}
        </Tick>
        <Select
          label={desk.level}
          value={draft.identity}
          options={[
            { value: "", label: t.identityUsual },
            ...identityLevelValues.map((value) => ({
              value,
              label: `${desk.levels[value]}：${desk.levelHints[value]}`,
            })),
          ]}
          onChange={(value) => set({ identity: value as SessionDraft["identity"] })}
        />
        <fieldset class="seat-list">
          <legend>{t.seats}</legend>
          {seatsProblem.map((problem) => (
            <p key={problem} class="field-error" role="alert">
              {clerk.problems[problem]}
            </p>
          ))}
          {draft.seats.map((seat, index) => (
            <SeatEditor
              key={index}
              seat={seat}
              all={draft.seats}
              checked={checked}
              onChange={(next) => seatAt(index, next)}
              onRemove={() => set({ seats: draft.seats.filter((_, other) => other !== index) })}
            />
          ))}
          <Button icon="plus" onClick={() => set({ seats: [...draft.seats, emptySeat("agent")] })}>
            {t.addSeat}
          </Button>
        </fieldset>
        {refusal && (
          <Notice tone="bad" urgent>
            {refusal}
          </Notice>
        )}
        {checked && wrong.length > 0 && <Notice tone="warn">{t.fix}</Notice>}
      </div>
      <div class="panel-foot">
        <Button onClick={onClose}>{text().common.cancel}</Button>
        <Button kind="primary" type="submit" disabled={busy}>
          {t.submit}
        </Button>
      </div>
    </form>
  );
}
