import { useEffect, useMemo, useState } from "preact/hooks";
import { type ActName, type Console, consoleApi } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import type { Staff } from "../../protocol/staff.ts";
import { agendaText } from "../../text/agenda.ts";
import { consoleText } from "../../text/console.ts";
import { text } from "../../text/index.ts";
import { Button, Notice, Progress, Tabs, wallTime } from "../../ui/index.ts";
import { heads, yuan } from "../meeting/money.ts";
import { inOrder } from "../meeting/threshold.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { ConsoleStage } from "../stage/ConsoleStage.tsx";
import { ActDialog, PendingNote } from "./Acts.tsx";
import { FilesPane } from "./FilesPane.tsx";
import { FloorPane } from "./FloorPane.tsx";
import { MotionCard } from "./MotionCard.tsx";
import { MotionForm } from "./MotionForm.tsx";
import { OutputsPane } from "./OutputsPane.tsx";
import { PaperPane } from "./PaperPane.tsx";
import { PeoplePane } from "./PeoplePane.tsx";
import { RollPane } from "./RollPane.tsx";
import { mayEnd, nextStep, waitingFor } from "./steps.ts";
import { Watch } from "./watch.ts";
import "./console.css";

const TABS = ["run", "roll", "people", "floor", "paper", "files"] as const;

interface Props {
  id: string;
  staff: Staff;
  zone: string;
  onState: () => void;
}

/** One meeting, from the empty roll to the downloads. */
export function ConsolePane({ id, staff, zone, onState }: Props) {
  const t = consoleText();
  const api = useMemo(() => consoleApi(id), [id]);
  const watch = useMemo(() => new Watch(api.console), [api]);
  useEffect(() => watch.start(), [watch]);
  const { console, problem } = watch.shown.value;
  const state = console?.meeting.state;
  useEffect(() => {
    if (state) onState();
  }, [state]);

  if (!console)
    return problem ? (
      <Notice tone="bad" urgent actions={<Button onClick={() => void watch.refresh()}>{text().common.retry}</Button>}>
        {failureText(problem)}
      </Notice>
    ) : (
      <Progress label={text().common.loading} />
    );
  return (
    <>
      {problem && (
        <Notice tone="bad" urgent title={t.stale}>
          {failureText(problem)}
        </Notice>
      )}
      <Running {...{ api, staff, zone, console, watch }} />
    </>
  );
}

interface RunningProps {
  api: ReturnType<typeof consoleApi>;
  staff: Staff;
  zone: string;
  console: Console;
  watch: Watch;
}

type Doing =
  | { what: "doors" }
  | { what: "motion" }
  | { what: "withdraw"; motion: MotionView }
  | { what: "act"; act: ActName; motion: MotionView | null };

function Running({ api, staff, zone, console, watch }: RunningProps) {
  const t = consoleText();
  const [tab, setTab] = useState<(typeof TABS)[number]>(() => (console.roll ? "run" : "roll"));
  const [doing, setDoing] = useState<Doing | null>(null);
  const { meeting, board } = console;
  const take = (next: Console) => watch.take(next);
  const refresh = () => watch.refresh();
  const step = nextStep(console);
  const states: Readonly<Record<string, string>> = t.states;
  const ending = waitingFor(console.pending, null, 1);
  const running = meeting.state === "doors" || meeting.state === "in_session";
  return (
    <section class="run stack" aria-labelledby="run-title">
      <header class="run-head">
        <div class="grow">
          <p class="soft digits">
            {meeting.case_no} · {wallTime(meeting.scheduled_utc_ms, "full", zone).slice(0, 16)}
          </p>
          <h2 id="run-title">{meeting.title}</h2>
        </div>
        <span class={`tag ${running ? "tag-ok" : ""}`}>{states[meeting.state] ?? meeting.state}</span>
      </header>
      {meeting.state !== "draft" && (
        <dl class="run-figures">
          <div>
            <dt>{t.board.heads}</dt>
            <dd class="digits">
              <Share some={heads(board.heads)} all={heads(board.total_heads)} />
            </dd>
          </div>
          <div class="run-figure-wide">
            <dt>{t.board.amount}</dt>
            <dd class="digits">
              <Share some={yuan(board.amount_fen)} all={yuan(board.total_amount_fen)} />
            </dd>
          </div>
          <div>
            <dt>{t.floor.queue}</dt>
            <dd class="digits">{heads(console.speakers.length)}</dd>
          </div>
        </dl>
      )}
      <Notice
        tone={step === "running" ? "ok" : "info"}
        actions={
          <>
            {meeting.state === "draft" && step === "doors" && (
              <Button kind="primary" onClick={() => setDoing({ what: "doors" })}>
                {t.doors.open}
              </Button>
            )}
            {step === "agenda" && (
              <Button kind="primary" onClick={() => setDoing({ what: "motion" })}>
                {t.motion.add}
              </Button>
            )}
            {mayEnd(meeting) && ending.length === 0 && (
              <Button
                kind={step === "end" ? "primary" : "plain"}
                onClick={() => setDoing({ what: "act", act: "end", motion: null })}
              >
                {t.end}
              </Button>
            )}
            <a href={`/meetings/${encodeURIComponent(meeting.id)}/display`} target="_blank" rel="noopener">
              {t.display}
            </a>
          </>
        }
      >
        {t.next[step]}
      </Notice>
      {ending.map((pending) => (
        <PendingNote key={pending.act} {...{ api, zone, pending }} account={staff.account} onConsole={take} />
      ))}
      <Tabs
        label={meeting.title}
        tabs={TABS.map((value) => ({ value, label: t.tabs[value] }))}
        value={tab}
        onChange={setTab}
      >
        {tab === "run" && (
          <div class="stack">
            {meeting.motions.length === 0 && <p class="card soft">{t.motion.none}</p>}
            {inOrder(meeting.motions).map((motion) => (
              <MotionCard
                key={`${motion.motion}/${motion.round}`}
                {...{ api, zone, console, motion }}
                account={staff.account}
                onAct={(act, round) => setDoing({ what: "act", act, motion: { ...motion, round } })}
                judge={staff.role === "judge"}
                onWithdraw={() => setDoing({ what: "withdraw", motion })}
                onConsole={take}
              />
            ))}
            {meeting.state !== "closed" && meeting.motions.length > 0 && (
              <Button icon="plus" onClick={() => setDoing({ what: "motion" })}>
                {t.motion.add}
              </Button>
            )}
          </div>
        )}
        {tab === "roll" && <RollPane api={api} roll={console.roll} onChange={refresh} />}
        {tab === "people" && <PeoplePane {...{ api, staff, console }} onChange={refresh} />}
        {tab === "floor" && <FloorPane {...{ api, zone, console }} onChange={refresh} />}
        {tab === "paper" && <PaperPane {...{ api, staff, zone, console }} onChange={refresh} />}
        {tab === "files" && (
          <div class="stack">
            <FilesPane {...{ api, staff, console }} />
            <OutputsPane {...{ staff, zone, console }} />
          </div>
        )}
      </Tabs>
      <ConsoleStage id={meeting.id} zone={zone} console={console} open={tab === "floor"} />
      {doing?.what === "doors" && (
        <Ask
          title={t.doors.open}
          yes={t.doors.open}
          onYes={async () => take(await api.openDoors())}
          onClose={() => setDoing(null)}
        >
          <p>{t.doors.ask}</p>
        </Ask>
      )}
      {doing?.what === "withdraw" && (
        <Ask
          title={agendaText().withdraw}
          yes={agendaText().withdraw}
          danger
          onYes={async () => {
            await api.withdrawMotion(doing.motion.motion);
            await refresh();
          }}
          onClose={() => setDoing(null)}
        >
          <p class="act-motion">{doing.motion.title}</p>
          <p>{agendaText().withdrawAsk}</p>
        </Ask>
      )}
      {doing?.what === "motion" && <MotionForm api={api} onConsole={take} onClose={() => setDoing(null)} />}
      {doing?.what === "act" && (
        <ActDialog api={api} act={doing.act} motion={doing.motion} onConsole={take} onClose={() => setDoing(null)} />
      )}
    </section>
  );
}

/** Of how much: neither figure is ever broken across lines. */
function Share({ some, all }: { some: string; all: string }) {
  return (
    <>
      <span>{some}</span> <span>{consoleText().board.ofAll(all)}</span>
    </>
  );
}
