import { useEffect, useMemo, useState } from "preact/hooks";
import { api, type CourtCard } from "../../protocol/api.ts";
import { type SessionDetail, staffApi } from "../../protocol/staff.ts";
import { type Hearing, joinHearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, CopyButton, Field, Notice, Progress, Tabs } from "../../ui/index.ts";
import { AccessPane } from "../access/AccessPane.tsx";
import { ExportWizard } from "../exports/ExportWizard.tsx";
import { RecordingTable } from "../exports/RecordingTable.tsx";
import { CaseFile } from "../gatedesk/CaseFile.tsx";
import { GateDesk } from "../gatedesk/GateDesk.tsx";
import { Vouching } from "../gatedesk/Vouching.tsx";
import { Editor } from "../minutes/Editor.tsx";
import { MarksPane } from "../minutes/MarksPane.tsx";
import { Ask, failureText, Unfit } from "../order/Ask.tsx";
import { ClerkReview } from "../review/ClerkReview.tsx";
import { Attendance } from "../seats/Attendance.tsx";
import { CourtroomView } from "../seats/CourtroomView.tsx";
import { WatchChips } from "../seats/WatchChips.tsx";
import { LookNotice } from "../supervise/LookNotice.tsx";
import { courtDay, courtInstant, courtTime } from "./courtTime.ts";
import { courtWhen } from "./DayList.tsx";
import { Invitations } from "./Invitations.tsx";
import { StateTag } from "./StateTag.tsx";

type Tab = "seats" | "gate" | "live" | "minutes" | "marks" | "review" | "record" | "access" | "export";

const TABS: Tab[] = ["seats", "gate", "live", "minutes", "marks", "review", "record", "access", "export"];

interface Props {
  id: string;
  court: CourtCard;
  account: string;
  /** Something about the session changed that the list of the day shows. */
  onChange: () => void;
}

/** One session as the clerk works on it: before, during and after the hearing. */
export function SessionPane({ id, court, account, onChange }: Props) {
  const { clerk: t, desk } = courtText();
  const [session, setSession] = useState<SessionDetail | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [tab, setTab] = useState<Tab>("seats");
  const [asking, setAsking] = useState<"reschedule" | "cancel" | null>(null);
  const [watching, setWatching] = useState(false);

  async function load() {
    try {
      setSession(await staffApi.session(id));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => {
    setSession(null);
    setTab("seats");
    setWatching(false);
    void load();
  }, [id]);

  const seated = session?.seats.some((seat) => seat.account === account) ?? false;
  const live = session !== null && session.state !== "scheduled" && session.state !== "cancelled";
  const hearing = useMemo<Hearing | null>(
    () =>
      seated && live
        ? joinHearing({ ticket: async () => (await api.staffTicket(id)).ticket, keep: `yunting.clerk.${id}` })
        : null,
    [id, seated, live],
  );
  useEffect(() => () => hearing?.close(), [hearing]);

  // Whatever happens in the courtroom shows in the lists: people come, the state changes.
  const seq = hearing?.state.value.updates.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (seq === 0) return;
    const timer = setTimeout(() => {
      void load();
      onChange();
    }, 600);
    return () => clearTimeout(timer);
  }, [seq]);

  if (problem && !session)
    return (
      <Notice tone="bad" urgent actions={<Button onClick={() => void load()}>{text().common.retry}</Button>}>
        {problem}
      </Notice>
    );
  if (!session) return <Progress label={text().common.loading} />;
  const tabs: Tab[] = session.identity === "none" ? TABS.filter((one) => one !== "gate") : TABS;
  const names = new Map(session.seats.map((seat) => [seat.participant, seat.name]));
  const own = hearing?.state.value.gate ?? null;
  const atGate = hearing?.state.value.gate_queue ?? [];
  const changed = (next: SessionDetail) => {
    setSession(next);
    onChange();
  };
  const state = hearing?.state.value.hearing?.state ?? session.state;
  const before = state === "scheduled" || state === "waiting";
  return (
    <article class="session-pane">
      <header class="panel session-head">
        <div class="session-head-words">
          <p class="session-head-case">{session.case_no}</p>
          <p class="session-head-cause">
            {session.cause}
            {session.title && ` · ${session.title}`}
          </p>
          <div class="row">
            <StateTag state={state} />
            <span class={`tag ${session.identity === "none" ? "tag-warn" : ""}`}>
              {desk.levels[session.identity]}
            </span>
            <span class={`tag ${session.public ? "" : "tag-warn"}`}>{session.public ? t.public : t.notPublic}</span>
            <span class="digits">{courtWhen(court.time_zone, session.scheduled_utc_ms)}</span>
          </div>
        </div>
        <div class="row-end">
          {state === "scheduled" && (
            <Button
              kind="primary"
              icon="people"
              onClick={() =>
                void staffApi.gather(id).then(changed, (cause: unknown) => setProblem(failureText(cause)))
              }
            >
              {t.gather}
            </Button>
          )}
          {hearing && (
            <Button icon="screen" pressed={watching} onClick={() => setWatching(!watching)}>
              {watching ? t.closeCourtroom : t.openCourtroom}
            </Button>
          )}
          {state !== "cancelled" && (
            <CopyButton
              value={`${location.origin}/display/${id}`}
              label={t.seat.display}
              copied={courtText().court.copied}
            />
          )}
          {before && <Button onClick={() => setAsking("reschedule")}>{t.reschedule}</Button>}
          {before && (
            <Button kind="danger" onClick={() => setAsking("cancel")}>
              {t.cancel}
            </Button>
          )}
        </div>
      </header>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {hearing && <LookNotice hearing={hearing} zone={court.time_zone} />}
      {hearing && <WatchChips hearing={hearing} zone={court.time_zone} />}
      {watching && hearing && <CourtroomView hearing={hearing} zone={court.time_zone} />}
      <section class="panel">
        <Tabs
          label={session.case_no}
          value={tab}
          onChange={setTab}
          tabs={tabs.map((value) => ({ value, label: t.tabs[value] }))}
        >
          {tab === "seats" && <Invitations session={session} court={court} onChange={() => void load()} />}
          {tab === "gate" && (
            <>
              {own && own.stage !== "passed" && (
                <>
                  <div class="panel-body">
                    <Notice tone="warn" title={desk.own}>
                      {desk.ownHint}
                    </Notice>
                  </div>
                  <Vouching session={id} me={hearing?.state.value.me ?? ""} />
                </>
              )}
              {own?.stage === "passed" && (
                <>
                  <GateDesk session={id} names={names} rows={atGate.length > 0 ? atGate : null} />
                  <CaseFile session={id} seats={session.seats.filter((seat) => seat.account === null)} />
                </>
              )}
            </>
          )}
          {tab === "live" && <Attendance hearing={hearing} noSeat={live && !seated} />}
          {tab === "minutes" &&
            (hearing ? (
              <Editor hearing={hearing} zone={court.time_zone} />
            ) : (
              <p class="panel-body soft">{courtText().editor.noSeat}</p>
            ))}
          {tab === "marks" &&
            (hearing ? <MarksPane hearing={hearing} /> : <p class="panel-body soft">{courtText().editor.noSeat}</p>)}
          {tab === "review" && hearing && <ClerkReview hearing={hearing} zone={court.time_zone} />}
          {tab === "record" && <RecordingTable hearing={hearing} />}
          {tab === "access" && (
            <AccessPane
              session={id}
              state={state}
              hearing={hearing}
              people={session.seats.map((seat) => ({ participant: seat.participant, name: seat.name }))}
            />
          )}
          {tab === "export" && (
            <ExportWizard session={session} state={state} hearing={hearing} court={court} onGo={setTab} />
          )}
        </Tabs>
      </section>
      {asking === "reschedule" && (
        <Reschedule session={session} zone={court.time_zone} onDone={changed} onClose={() => setAsking(null)} />
      )}
      {asking === "cancel" && (
        <Ask
          title={t.cancelTitle}
          yes={t.cancelYes}
          no={t.keep}
          reason="required"
          onYes={async (reason) => changed(await staffApi.cancel(id, reason))}
          onClose={() => setAsking(null)}
        >
          <p>
            <strong>{session.case_no}</strong>
          </p>
          <p>{t.cancelText}</p>
        </Ask>
      )}
    </article>
  );
}

interface RescheduleProps {
  session: SessionDetail;
  zone: string;
  onDone: (session: SessionDetail) => void;
  onClose: () => void;
}

function Reschedule({ session, zone, onDone, onClose }: RescheduleProps) {
  const { clerk: t } = courtText();
  const [day, setDay] = useState(() => courtDay(zone, session.scheduled_utc_ms));
  const [time, setTime] = useState(() => courtTime(zone, session.scheduled_utc_ms));
  return (
    <Ask
      title={t.rescheduleTitle}
      yes={t.reschedule}
      reason="required"
      onYes={async (reason) => {
        const at_ms = courtInstant(zone, day, time);
        if (at_ms === null) throw new Unfit(t.problems["time.malformed"]);
        if (at_ms < Date.now()) throw new Unfit(t.problems["time.past"]);
        onDone(await staffApi.reschedule(session.id, at_ms, reason));
      }}
      onClose={onClose}
    >
      <div class="two">
        <Field label={t.form.day} type="date" value={day} onInput={setDay} />
        <Field label={t.form.time} type="time" value={time} onInput={setTime} hint={t.form.zone(zone)} />
      </div>
    </Ask>
  );
}
