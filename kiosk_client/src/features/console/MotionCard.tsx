import type { ActName, Console, ConsoleApi, Turnout } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import { serverMs } from "../../protocol/serverTime.ts";
import { agendaText } from "../../text/agenda.ts";
import { consoleText } from "../../text/console.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Clock } from "../../ui/index.ts";
import { leftTime } from "../meeting/leftTime.ts";
import { heads, percent, yuan } from "../meeting/money.ts";
import { groupName } from "../meeting/names.ts";
import { ResultBars } from "../meeting/ResultBars.tsx";
import { PendingNote } from "./Acts.tsx";
import { CramPanel } from "./CramPanel.tsx";
import { secondRoundDue, stepsOf, turnoutOf, waitingFor } from "./steps.ts";

interface Props {
  api: ConsoleApi;
  account: string;
  zone: string;
  console: Console;
  motion: MotionView;
  judge: boolean;
  onAct: (act: ActName, round: number) => void;
  onWithdraw: () => void;
  onConsole: (console: Console) => void;
}

/** One round of a motion: its state, what may be done, the turnout while it runs, the count afterwards. */
export function MotionCard({ api, account, zone, console, motion, judge, onAct, onWithdraw, onConsole }: Props) {
  const t = consoleText();
  const { motions: words } = meetingText();
  const waiting = waitingFor(console.pending, motion.motion, motion.round);
  const second = secondRoundDue(motion, console.meeting);
  const waitingSecond = second ? waitingFor(console.pending, motion.motion, 2) : [];
  const states: Readonly<Record<string, string>> = words.states;
  const { closes_utc_ms, result } = motion;
  const newest = !console.meeting.motions.some((each) => each.motion === motion.motion && each.round > motion.round);
  const refused = newest && motion.matter === "plan" && motion.state === "announced" && result?.passed === false;
  return (
    <article class={`panel run-motion run-${motion.state}`}>
      <div class="panel-head">
        <div class="grow">
          <h3>{motion.title}</h3>
          <p class="small soft">
            {t.matters[motion.matter]}
            {motion.groups.length > 0 && ` · ${motion.groups.map(groupName).join(" · ")}`}
          </p>
        </div>
        {motion.round === 2 && <span class="tag tag-warn">{t.motion.round2}</span>}
        <span class={`tag ${motion.state === "open" ? "tag-ok" : ""}`}>{states[motion.state] ?? motion.state}</span>
      </div>
      <div class="panel-body stack">
        {motion.state === "open" && closes_utc_ms !== null && (
          <p class="run-left">
            <Clock
              now={serverMs}
              show={(ms) => (closes_utc_ms > ms ? `${t.left} ${leftTime(closes_utc_ms - ms)}` : t.due)}
              label={t.left}
            />
          </p>
        )}
        {[...waiting, ...waitingSecond].map((pending) => (
          <PendingNote
            key={`${pending.act}/${pending.closes_utc_ms}`}
            {...{ api, account, zone, pending, onConsole }}
          />
        ))}
        {(motion.state === "open" || motion.state === "closed") && (
          <TurnoutTable rows={turnoutOf(console.turnout, motion)} />
        )}
        {result && <ResultBars motion={motion} result={result} />}
        {result && result.alternatives.length > 0 && (
          <details>
            <summary>{t.alternatives}</summary>
            <ul class="small">
              {result.alternatives.map((other) => (
                <li key={`${other.option}/${other.value}`}>
                  {t.alternativeOf(
                    named(t.optionNames, other.option),
                    named(t.optionValues, other.value),
                    other.passed ? t.passed : t.failed,
                  )}
                </li>
              ))}
            </ul>
          </details>
        )}
        {second && <p>{t.secondOffer}</p>}
        {refused && <CramPanel api={api} motion={motion.motion} judge={judge} open={!second} />}
        <div class="row">
          {waiting.length === 0 &&
            stepsOf(motion, console.meeting).map((act, index) => (
              <Button
                key={act}
                kind={index === 0 && act !== "close" ? "primary" : "plain"}
                onClick={() => onAct(act, motion.round)}
              >
                {t.acts[act]}
              </Button>
            ))}
          {motion.state === "draft" && waiting.length === 0 && console.meeting.state !== "closed" && (
            <Button kind="quiet" onClick={onWithdraw}>
              {agendaText().withdraw}
            </Button>
          )}
          {second && waitingSecond.length === 0 && (
            <Button kind="primary" onClick={() => onAct("open", 2)}>
              {t.acts.second}
            </Button>
          )}
        </div>
      </div>
    </article>
  );
}

function named(names: Readonly<Record<string, string>>, key: string): string {
  return names[key] ?? key;
}

function TurnoutTable({ rows }: { rows: readonly Turnout[] }) {
  const t = consoleText().turnout;
  return (
    <section class="stack" aria-label={t.title}>
      {rows.map((row) => (
        <div key={row.division} class="turnout">
          <p class="turnout-name">
            <strong>{groupName(row.division)}</strong>{" "}
            <span class="soft small">{t.total(heads(row.heads_total))}</span>
          </p>
          <p>
            {t.heads(heads(row.heads_cast), heads(row.heads_present))}（{percent(row.heads_cast, row.heads_present)}）
          </p>
          <progress max={Math.max(1, row.heads_present)} value={row.heads_cast} aria-label={t.title} />
          <p class="digits">
            {t.amount(yuan(row.amount_cast_fen), yuan(row.amount_total_fen))}（
            {percent(row.amount_cast_fen, row.amount_total_fen)}）
          </p>
          <progress max={Math.max(1, row.amount_total_fen)} value={row.amount_cast_fen} aria-label={t.title} />
        </div>
      ))}
      <p class="small soft">{t.hidden}</p>
    </section>
  );
}
