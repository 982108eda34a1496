import type { Console } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import { serverMs } from "../../protocol/serverTime.ts";
import { consoleText } from "../../text/console.ts";
import { text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";
import { Clock, Emblem, Progress } from "../../ui/index.ts";
import { leftTime } from "../meeting/leftTime.ts";
import { heads } from "../meeting/money.ts";
import { groupName } from "../meeting/names.ts";
import { ResultBars } from "../meeting/ResultBars.tsx";
import { failureText } from "../order/Ask.tsx";
import { WallStage } from "../stage/WallStage.tsx";
import { onWall, turnoutOf } from "./steps.ts";
import type { Shown } from "./watch.ts";
import "./wall.css";

/** What the hall sees: no name but the speaker's, turnout by heads only, results once they are announced. */
export function MeetingWall({ court, shown }: { court: string; shown: Shown }) {
  const t = consoleText().wall;
  const { console, problem } = shown;
  if (!console)
    return (
      <main class="hall hall-wait">
        {problem ? <p role="alert">{failureText(problem)}</p> : <Progress label={text().common.loading} />}
      </main>
    );
  const { meeting, board } = console;
  const motion = onWall(meeting.motions);
  return (
    <main class="hall">
      <header class="hall-head">
        <span class="hall-mark">
          <Emblem />
        </span>
        <div>
          <p>{meeting.court || court}</p>
          <h1>{meeting.title}</h1>
        </div>
        <p class="hall-case digits">{meeting.case_no}</p>
      </header>
      <section class="hall-body">
        {motion ? <Motion console={console} motion={motion} /> : <Agenda meeting={meeting} />}
      </section>
      <WallStage id={meeting.id} />
      <footer class="hall-foot">
        <span>{t.here(heads(board.heads), heads(board.total_heads))}</span>
        {meeting.speaking && <span>{t.speaking(meeting.speaking)}</span>}
        {problem && <strong role="alert">{t.away}</strong>}
      </footer>
    </main>
  );
}

function Agenda({ meeting }: Pick<Console, "meeting">) {
  const t = consoleText().wall;
  const states: Readonly<Record<string, string>> = meetingText().motions.states;
  return (
    <>
      <p class="hall-kind">
        {meeting.state === "closed" ? t.over : meeting.state === "in_session" ? t.agenda : t.wait}
      </p>
      <ol class="hall-agenda">
        {meeting.motions.map((motion) => (
          <li key={`${motion.motion}/${motion.round}`}>
            <span class="grow">{motion.title}</span>
            <span class="hall-state">{states[motion.state === "tallied" ? "closed" : motion.state]}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Motion({ console, motion }: { console: Console; motion: MotionView }) {
  const { wall: t, motion: words } = consoleText();
  const states: Readonly<Record<string, string>> = meetingText().motions.states;
  const { closes_utc_ms, result } = motion;
  const open = motion.state === "open";
  return (
    <>
      <p class="hall-kind">
        {open ? t.open : states[motion.state === "tallied" ? "closed" : motion.state]}
        {motion.round === 2 && ` · ${words.round2}`}
      </p>
      <h2>{motion.title}</h2>
      {open && closes_utc_ms !== null && (
        <p class="hall-clock">
          <Clock
            now={serverMs}
            show={(ms) => (closes_utc_ms > ms ? `${t.left} ${leftTime(closes_utc_ms - ms)}` : t.due)}
            label={t.left}
          />
        </p>
      )}
      {motion.state !== "announced" &&
        turnoutOf(console.turnout, motion).map((row) => (
          <p key={row.division} class="hall-cast">
            {row.division !== "all" && `${groupName(row.division)}：`}
            {t.cast(heads(row.heads_cast), heads(row.heads_present))}
          </p>
        ))}
      {motion.state === "announced" && result && (
        <div class={result.divisions.length > 1 ? "hall-groups" : undefined}>
          <ResultBars motion={motion} result={result} />
        </div>
      )}
    </>
  );
}
