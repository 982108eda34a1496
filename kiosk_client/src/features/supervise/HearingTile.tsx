import { serverMs } from "../../protocol/serverTime.ts";
import type { LookKind, SupervisedHearing } from "../../protocol/supervision.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Clock, duration, Icon, Lamp, wallTime } from "../../ui/index.ts";
import { bytesText } from "../exports/preflight.ts";
import { kindOf } from "./kind.ts";

const DISK_LOW_BYTES = 5_000_000_000;

interface Props {
  hearing: SupervisedHearing;
  zone: string;
  onLook: (kind: LookKind) => void;
}

/** How one hearing stands: never what is said in it, for that would be a look. */
export function HearingTile({ hearing: one, zone, onLook }: Props) {
  const t = courtText().supervise;
  const { common } = text();
  const opened_utc_ms = one.opened_utc_ms;
  const low = one.disk_free_bytes !== null && one.disk_free_bytes < DISK_LOW_BYTES;
  const phase = one.state === "in_session" ? common.phases[one.phase] : common.states[one.state];
  return (
    <article class={`wall-tile${one.may_look ? "" : " wall-tile-shut"}`} data-session={one.id}>
      <header class="wall-head">
        <h2>{one.case_no}</h2>
        <span class={`tag ${one.may_look ? "tag-ok" : ""}`}>{phase}</span>
        {!one.public && <span class="tag tag-warn">{t.closed}</span>}
      </header>
      <p class="wall-title">{[one.cause, one.title].filter(Boolean).join(" · ")}</p>
      <dl class="wall-facts">
        <div>
          <dt>{t.judge}</dt>
          <dd>{one.judge}</dd>
        </div>
        <div>
          <dt>{opened_utc_ms === null ? t.notOpened : t.since}</dt>
          <dd class="digits">
            {opened_utc_ms === null ? (
              wallTime(one.scheduled_utc_ms, "minute", zone)
            ) : (
              <Clock now={() => serverMs() - opened_utc_ms} show={duration} label={t.since} />
            )}
          </dd>
        </div>
      </dl>
      <p class="wall-line">
        <Icon name="people" />
        <span>{t.people(one.present, one.expected)}</span>
        <span class="soft">{t.observers(one.observers)}</span>
      </p>
      <p class="wall-line">
        <Lamp tone={one.recording ? "record" : "off"}>{one.recording ? t.recording : t.notRecording}</Lamp>
        {one.tracks > 0 && <span class="soft">{t.tracks(one.tracks)}</span>}
        {one.sealed_age_ms !== null && one.recording && (
          <span class="soft">{t.sealed(Math.round(one.sealed_age_ms / 1000))}</span>
        )}
        {low && <span class="tag tag-bad">{t.disk(bytesText(one.disk_free_bytes ?? 0))}</span>}
        {one.incidents > 0 && <span class="tag tag-bad">{t.incidents(one.incidents)}</span>}
      </p>
      {one.trouble && (
        <p class="wall-trouble" role="alert">
          <Icon name="warn" /> {t.trouble}：{one.trouble}
        </p>
      )}
      {one.looks.length > 0 && (
        <p class="small soft">
          {t.lookers(one.looks.map((look) => t.looker(look.name, t.only[kindOf(look)])).join(t.and))}
        </p>
      )}
      <footer class="wall-acts">
        {one.may_look ? (
          <>
            <Button kind="primary" icon="screen" onClick={() => onLook("both")}>
              {t.watch}
            </Button>
            <Button icon="speaker" onClick={() => onLook("sound")}>
              {t.listen}
            </Button>
            <Button icon="camera" onClick={() => onLook("picture")}>
              {t.picture}
            </Button>
          </>
        ) : (
          <p class="soft">
            <Icon name="lock" /> {t.notNow}
          </p>
        )}
      </footer>
    </article>
  );
}
