import type { SessionSummary } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Icon, Notice, Progress } from "../../ui/index.ts";
import { addDays, courtDay, courtTime, courtWeekdayZh } from "./courtTime.ts";
import { StateTag } from "./StateTag.tsx";
import "./sessions.css";

interface Props {
  zone: string;
  day: string;
  onDay: (day: string) => void;
  sessions: readonly SessionSummary[] | null;
  problem: string | null;
  onRetry: () => void;
  picked: string | null;
  onPick: (id: string) => void;
}

/** One day's sessions in the order of the clock, with a way to the days around it. */
export function DayList({ zone, day, onDay, sessions, problem, onRetry, picked, onPick }: Props) {
  const t = courtText().clerk;
  const today = courtDay(zone, Date.now());
  const ordered = [...(sessions ?? [])].sort((a, b) => a.scheduled_utc_ms - b.scheduled_utc_ms);
  return (
    <>
      <div class="day-nav">
        <button type="button" class="icon-button" aria-label={t.before} onClick={() => onDay(addDays(day, -1))}>
          <Icon name="back" />
        </button>
        <label class="day-pick">
          <span class="only-read">{t.day}</span>
          <input
            type="date"
            class="digits"
            value={day}
            onInput={(event) => event.currentTarget.value && onDay(event.currentTarget.value)}
          />
        </label>
        <button type="button" class="icon-button" aria-label={t.after} onClick={() => onDay(addDays(day, 1))}>
          <Icon name="arrow" />
        </button>
        <Button kind="quiet" disabled={day === today} onClick={() => onDay(today)}>
          {t.today}
        </Button>
      </div>
      {problem && (
        <Notice tone="bad" urgent actions={<Button onClick={onRetry}>{text().common.retry}</Button>}>
          {problem}
        </Notice>
      )}
      {sessions === null && !problem && <Progress label={text().common.loading} />}
      {sessions && ordered.length === 0 && <p class="day-empty">{t.empty}</p>}
      <ul class="day-list">
        {ordered.map((session) => (
          <li key={session.id}>
            <button
              type="button"
              class={`session-card${picked === session.id ? " session-picked" : ""}`}
              aria-current={picked === session.id ? "true" : undefined}
              onClick={() => onPick(session.id)}
            >
              <span class="session-time digits">{courtTime(zone, session.scheduled_utc_ms)}</span>
              <span class="session-words">
                <span class="session-case">{session.case_no}</span>
                <span class="session-cause">{session.title || session.cause}</span>
                <span class="row session-tags">
                  <StateTag state={session.state} />
                  {!session.public && <span class="tag tag-warn">{t.notPublic}</span>}
                  <span class="small soft">{courtText().bench.people(session.people)}</span>
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** `11月23日 星期一 09:30` on the court's clock. */
export function courtWhen(zone: string, utc_ms: number): string {
  const [, month, date] = courtDay(zone, utc_ms).split("-").map(Number);
  return `${month}月${date}日（${courtWeekdayZh(zone, utc_ms)}）${courtTime(zone, utc_ms)}`;
}
