import type { HearingView, State } from "../../protocol/messages.ts";
import type { SessionSummary } from "../../protocol/staff.ts";

/** What the wall shows: the courtroom, or a card that says why not. */
export type Screen =
  | { show: "stage" }
  | { show: "card"; card: State | "resume"; at_ms: number | null; grave: boolean };

/** Pure: the same hearing gives the same wall. The courtroom is shown only while it is open to the public eye. */
export function screenOf(view: HearingView): Screen {
  const card = (name: State, at_ms: number | null = null, grave = false): Screen => ({
    show: "card",
    card: name,
    at_ms,
    grave,
  });
  switch (view.state) {
    case "in_session":
      return { show: "stage" };
    case "scheduled":
    case "waiting":
      return card(view.state, view.scheduled_utc_ms);
    case "adjourned":
      return card("adjourned", view.resume_utc_ms);
    case "deliberating":
      return card("deliberating", view.resume_utc_ms);
    case "closed_evidence":
    case "off_record_mediation":
      return card(view.state, null, true);
    case "suspended":
      return card("suspended", null, true);
    default:
      return card(view.state);
  }
}

const RUNNING: ReadonlySet<State> = new Set([
  "waiting",
  "in_session",
  "adjourned",
  "closed_evidence",
  "off_record_mediation",
  "deliberating",
  "suspended",
]);

/** The session that a display goes to by itself: the only one that runs. With none or several somebody chooses. */
export function obviousSession(sessions: readonly SessionSummary[]): string | null {
  const running = sessions.filter((session) => RUNNING.has(session.state));
  return running.length === 1 ? (running[0]?.id ?? null) : null;
}

/** The session named in `/display/{session}`. */
export function sessionInPath(path: string): string | null {
  const found = /^\/display\/([0-9A-Za-z-]{1,40})\/?$/.exec(path);
  return found?.[1] ?? null;
}
