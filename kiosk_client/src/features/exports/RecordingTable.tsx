import type { HearingView, RecordingHealthMessage, State, TrackHealth } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Lamp, LevelBar, Notice, Table } from "../../ui/index.ts";
import { bytesText } from "./preflight.ts";
import "./exports.css";

/** Beyond it the operator has to look: ranges are sealed every ten seconds. */
const SEAL_LATE_MS = 15_000;
const DISK_LOW_BYTES = 5_000_000_000;

const OVER: ReadonlySet<State> = new Set([
  "closed",
  "transcript_review",
  "signed",
  "sealed",
  "cancelled",
  "converted_offline",
]);

export type HealthWord = "on" | "off" | "pause" | "over" | "unknown";

/**
 * How the recording stands. The session's state decides whether there is to be one; the recorder's own figures, which
 * come a moment later, only confirm it.
 */
export function healthOf(view: HearingView, health: RecordingHealthMessage | null): HealthWord {
  if (OVER.has(view.state)) return "over";
  if (!view.recording) return view.opened_utc_ms === null ? "off" : "pause";
  return health?.recording ? "on" : "unknown";
}

/** dBov (-127..0) to a bar between 0 and 1; below -60 is silence. */
export function levelShare(dbov: number | null): number {
  return dbov === null ? 0 : Math.min(1, Math.max(0, (dbov + 60) / 60));
}

/** Every track being recorded, with what a clerk must see before it is too late. */
export function RecordingTable({ hearing }: { hearing: Hearing | null }) {
  const { clerk, bench } = courtText();
  const t = clerk.health;
  const state = hearing?.state.value;
  const view = state?.hearing;
  if (!state || !view)
    return (
      <div class="panel-body">
        <Notice>{t.offline}</Notice>
      </div>
    );
  const health = state.recording;
  const word = healthOf(view, health);
  const kindOf = (kind: string) =>
    kind === "audio" ? t.kinds.audio : kind === "video" ? t.kinds.video : t.kinds.both;
  const name = (track: TrackHealth) => {
    const one = person(state, track.participant);
    return one ? `${either(one.label_zh, one.label_en)} ${one.seat.name}` : track.participant;
  };
  return (
    <>
      <div class="attendance-sum" role="status">
        <Lamp tone={word === "on" ? "record" : "off"}>{bench.recording[word]}</Lamp>
        {health && (
          <span class={health.disk_free_bytes < DISK_LOW_BYTES ? "tag tag-bad" : "tag"}>
            {t.disk} <span class="digits">{bytesText(health.disk_free_bytes)}</span>
          </span>
        )}
        {view.incidents > 0 && <span class="tag tag-bad">{bench.recording.incidents(view.incidents)}</span>}
        <span class="grow small soft">{t.explain}</span>
      </div>
      {health?.incident && (
        <div class="panel-body">
          <Notice tone="bad" urgent title={bench.recording.incident}>
            {health.incident}
          </Notice>
        </div>
      )}
      <Table
        caption={clerk.tabs.record}
        rows={health?.tracks ?? []}
        rowKey={(track) => track.track}
        empty={t.empty}
        columns={[
          {
            key: "track",
            title: t.track,
            cell: (track) => (
              <span>
                <strong>{name(track)}</strong>
                <span class="soft"> · {kindOf(track.kind)}</span>
              </span>
            ),
          },
          {
            key: "level",
            title: t.level,
            cell: (track) => <LevelBar label={`${t.level} ${name(track)}`} level={levelShare(track.level_dbov)} />,
          },
          {
            key: "bytes",
            title: t.bytes,
            narrow: true,
            cell: (track) => <span class="digits">{bytesText(track.bytes_total)}</span>,
          },
          {
            key: "sealed",
            title: t.sealed,
            narrow: true,
            cell: (track) =>
              track.sealed_age_ms > SEAL_LATE_MS ? (
                <span class="tag tag-bad">{t.lag}</span>
              ) : (
                <span class="digits">{bench.recording.ago(Math.round(track.sealed_age_ms / 1000))}</span>
              ),
          },
          {
            key: "drift",
            title: t.drift,
            narrow: true,
            cell: (track) => <span class="digits">{t.ms(track.drift_ms)}</span>,
          },
          {
            key: "gaps",
            title: t.gaps,
            narrow: true,
            cell: (track) =>
              track.gaps > 0 ? <span class="tag tag-warn">{track.gaps}</span> : <span class="digits">0</span>,
          },
        ]}
      />
    </>
  );
}
