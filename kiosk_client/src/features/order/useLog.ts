import { useEffect, useMemo, useState } from "preact/hooks";
import type { Phase } from "../../protocol/messages.ts";
import { type LogEntry, staffApi } from "../../protocol/staff.ts";
import type { Hearing } from "../../state/hearing.ts";

/** Lines kept on the page; the record itself is the server's. */
const MAX_LINES = 2_000;

/** Two stretches of one log as one, in order, each line once. */
export function mergeLog(before: readonly LogEntry[], after: readonly LogEntry[]): LogEntry[] {
  const bySeq = new Map<number, LogEntry>();
  for (const line of before) bySeq.set(line.seq, line);
  for (const line of after) bySeq.set(line.seq, line);
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-MAX_LINES);
}

/** Phases the session has been in, this one included. */
export function visitedPhases(log: readonly LogEntry[], now: Phase | undefined): Set<Phase> {
  const visited = new Set<Phase>(now ? [now] : []);
  for (const { event } of log) if (event?.type === "session.phase") visited.add(event.phase);
  if (log.some(({ event }) => event?.type === "session.state" && event.move === "open")) visited.add("preparation");
  return visited;
}

/** The log of a hearing: what happened before this page came, and every update since. */
export function useLog(hearing: Hearing, session: string): LogEntry[] {
  const [earlier, setEarlier] = useState<LogEntry[]>([]);
  useEffect(() => {
    let current = true;
    staffApi.events(session).then(
      (entries) => current && setEarlier(entries),
      // The updates since the connection still come; only the past is missing then.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [session]);
  const updates = hearing.state.value.updates;
  return useMemo(() => mergeLog(earlier, updates), [earlier, updates]);
}
