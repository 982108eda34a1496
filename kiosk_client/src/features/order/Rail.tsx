import type { LogEntry } from "../../protocol/staff.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Icon, Lamp, wallTime } from "../../ui/index.ts";
import { act } from "../bench/act.ts";
import { bytesText } from "../exports/preflight.ts";
import { healthOf } from "../exports/RecordingTable.tsx";
import { roleOf } from "../hearing/words.ts";
import { IN_COURTROOM, raisedHands } from "../seats/order.ts";
import { describe, describeAll, foldMutes, seatsOf } from "./describe.ts";
import "./order.css";

/** Raised hands in their order and calls for help: what waits for the bench. */
export function Queue({ hearing, mayOrder }: { hearing: Hearing; mayOrder: boolean }) {
  const { bench: t, court } = courtText();
  const view = hearing.state.value.hearing;
  if (!view) return null;
  const hands = raisedHands(view.people);
  const helps = view.people.filter((one) => one.help_asked);
  return (
    <section class="rail-box" aria-label={t.hands} aria-live="polite">
      <h3 class="rail-title">
        {t.hands}
        {hands.length > 0 && <span class="count">{hands.length}</span>}
        <span class="grow" />
        {helps.length === 0 && hands.length === 0 && <span class="soft small">{t.handsEmpty}</span>}
      </h3>
      <ol class="queue">
        {hands.map((one) => (
          <li key={one.seat.participant}>
            <span class="queue-sign queue-hand">
              <Icon name="hand" />
            </span>
            <span class="queue-who">
              <span class="small soft">{roleOf(one)}</span>
              <strong>{one.seat.name}</strong>
            </span>
            {mayOrder && IN_COURTROOM.has(one.presence) && (
              <Button
                kind="primary"
                onClick={() => act(hearing.do({ do: "floor", participant: one.seat.participant, limit_ms: 0 }))}
              >
                {court.actions.floor}
              </Button>
            )}
            {mayOrder && (
              <button
                type="button"
                class="icon-plain"
                aria-label={`${court.actions.hand_down} ${one.seat.name}`}
                title={court.actions.hand_down}
                onClick={() => act(hearing.do({ do: "hand", participant: one.seat.participant, raised: false }))}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
        {helps.map((one) => (
          <li key={`help-${one.seat.participant}`}>
            <span class="queue-sign queue-help">
              <Icon name="help" />
            </span>
            <span class="queue-who">
              <span class="small soft">{t.helps}</span>
              <strong>{one.seat.name}</strong>
            </span>
            {mayOrder && (
              <Button onClick={() => act(hearing.do({ do: "help_answered", participant: one.seat.participant }))}>
                {t.helpDone}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

const DISK_LOW_BYTES = 5_000_000_000;

/** Whether the record is being made as the law wants it; a failure stands out and does not go away by itself. */
export function RecordingCard({ hearing }: { hearing: Hearing }) {
  const t = courtText().bench.recording;
  const { hearing: view, recording } = hearing.state.value;
  if (!view) return null;
  const word = hearing.link.value.at === "open" ? healthOf(view, recording) : "unknown";
  const oldest_ms = Math.max(0, ...(recording?.tracks.map((track) => track.sealed_age_ms) ?? []));
  const gaps = recording?.tracks.reduce((sum, track) => sum + track.gaps, 0) ?? 0;
  const low = recording !== null && recording.disk_free_bytes < DISK_LOW_BYTES;
  const bad = recording?.incident || view.incidents > 0;
  return (
    <section class={`rail-box recording-card${bad ? " recording-bad" : ""}`} aria-label={t.title}>
      <h3 class="rail-title">
        {t.title}
        <span class="grow" />
        <Lamp tone={word === "on" ? "record" : "off"}>{t[word]}</Lamp>
      </h3>
      {recording && (
        <p class="recording-figures">
          <span>{t.tracks(recording.tracks.length)}</span>
          {recording.tracks.length > 0 && (
            <span>
              {t.sealed} {t.ago(Math.round(oldest_ms / 1000))}
            </span>
          )}
          <span class={low ? "recording-low" : undefined}>
            {t.disk} <span class="digits">{bytesText(recording.disk_free_bytes)}</span>
          </span>
          {gaps > 0 && <span class="recording-low">{t.gaps(gaps)}</span>}
        </p>
      )}
      {bad && (
        <p class="recording-incident" role="alert">
          <Icon name="warn" />
          <span>
            {t.incident} {recording?.incident ?? t.incidents(view.incidents)}
          </span>
        </p>
      )}
    </section>
  );
}

/** The log, newest first. */
export function EventList({ hearing, log, zone }: { hearing: Hearing; log: readonly LogEntry[]; zone: string }) {
  const { bench: t } = courtText();
  const seats = seatsOf(log, hearing.state.value.hearing?.people ?? []);
  const lines = foldMutes(log)
    .map(({ entry, count }) => ({
      entry,
      line: entry.event && (count > 1 ? describeAll(entry.event, count) : describe(entry.event, seats)),
    }))
    .filter(({ line }) => line !== null)
    .reverse();
  return (
    <section class="rail-box rail-events" aria-label={t.events}>
      <h3 class="rail-title">{t.events}</h3>
      {lines.length === 0 && <p class="soft small">{t.eventsEmpty}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ol class="events" tabIndex={0}>
        {lines.map(({ entry, line }) => (
          <li key={entry.seq} class={`event-${line?.weight}`}>
            <time class="digits">{wallTime(entry.utc_ms, "time", zone)}</time>
            <span>{line?.words}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
