import { useEffect, useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import { type SessionSummary, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Emblem, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { courtDateZh, courtDay, courtTime, courtWeekdayZh } from "../sessions/courtTime.ts";
import { StateTag } from "../sessions/StateTag.tsx";
import "../sessions/sessions.css";
import "./bench.css";

const REFRESH_MS = 15_000;
const OVER = new Set(["cancelled", "sealed", "signed", "converted_offline"]);

/** The day's sessions, the one that runs first in sight. */
export function Today({ court, onEnter }: { court: CourtCard; onEnter: (session: string) => void }) {
  const { bench: t, clerk } = courtText();
  const [sessions, setSessions] = useState<SessionSummary[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const zone = court.time_zone;

  async function load() {
    try {
      setSessions(await staffApi.sessions(courtDay(zone, Date.now())));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);

  const ordered = [...(sessions ?? [])].sort((a, b) => a.scheduled_utc_ms - b.scheduled_utc_ms);
  return (
    <main class="desk">
      <div class="desk-head">
        <h1>{t.today}</h1>
        <p class="soft">
          {courtDateZh(zone, Date.now())}　{courtWeekdayZh(zone, Date.now())}
        </p>
      </div>
      {problem && (
        <Notice tone="bad" urgent actions={<Button onClick={() => void load()}>{text().common.retry}</Button>}>
          {problem}
        </Notice>
      )}
      {sessions === null && !problem && <Progress label={text().common.loading} />}
      {sessions && ordered.length === 0 && (
        <div class="nothing-picked">
          <Emblem />
          <h2>{t.todayEmpty}</h2>
          <p>{t.todayEmptyHint}</p>
        </div>
      )}
      <ul class="today">
        {ordered.map((session) => {
          const ready = session.state !== "scheduled" && session.state !== "closed" && !OVER.has(session.state);
          return (
            <li key={session.id} class={`today-session${ready ? " today-live" : ""}`}>
              <span class="today-time digits">{courtTime(zone, session.scheduled_utc_ms)}</span>
              <div class="today-words">
                <h2>{session.case_no}</h2>
                <p class="soft">
                  {session.cause}
                  {session.title && ` · ${session.title}`}
                </p>
                <div class="row session-tags">
                  <StateTag state={session.state} />
                  {!session.public && <span class="tag tag-warn">{clerk.notPublic}</span>}
                  <span class="small soft">{t.people(session.people)}</span>
                </div>
              </div>
              <Button
                kind={ready ? "primary" : "plain"}
                big
                disabled={OVER.has(session.state)}
                onClick={() => onEnter(session.id)}
              >
                {t.enter}
              </Button>
            </li>
          );
        })}
      </ul>
    </main>
  );
}
