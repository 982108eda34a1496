import { useState } from "preact/hooks";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Clock, Lamp, VideoTile, wallTime } from "../../ui/index.ts";
import { ExhibitSheet, hasExhibits } from "../exhibits/ExhibitSheet.tsx";
import { Withdraw } from "../gate/Withdraw.tsx";
import { roleOf } from "../hearing/words.ts";
import { HelpDialog } from "./HelpDialog.tsx";
import { LeaveDialog } from "./LeaveDialog.tsx";
import "./party.css";

const HERE = new Set(["waiting", "present", "testifying"]);
const HIDDEN = new Set(["observer", "display", "supervisor", "operator"]);

interface Props {
  hearing: Hearing;
  media: HearingMedia;
  onLeft: () => void;
}

const showTime = (ms: number) => wallTime(ms, "time");

/** 候审: the court's clock, when it opens, who has come, oneself, and help. A witness is not told who is there. */
export function Waiting({ hearing, media, onLeft }: Props) {
  const t = text();
  const w = t.party.waiting;
  const [help, setHelp] = useState(false);
  const [exhibits, setExhibits] = useState(false);
  const [leave, setLeave] = useState(false);
  const state = hearing.state.value;
  const view = state.hearing;
  const self = hearing.self.value;
  if (!view || !self) return <p class="party-empty">{t.common.loading}</p>;
  const people = view.people.filter((one) => one.seat.required && !HIDDEN.has(one.seat.role));
  const ready = people.filter((one) => HERE.has(one.presence)).length;
  const late = hearing.now() > view.scheduled_utc_ms && view.state === "waiting";
  return (
    <main class="waiting">
      <h1>{w.title}</h1>
      <p class="soft">{self.isolated ? w.witness : w.lead}</p>
      <section class="card waiting-clock">
        <Clock now={hearing.now} show={showTime} label={t.common.courtTime} />
        <span class="soft">
          {w.opens} <b class="digits">{wallTime(view.scheduled_utc_ms, "minute")}</b>
        </span>
        {late && <p class="waiting-late">{w.late}</p>}
      </section>
      <div class="waiting-self">
        <VideoTile
          stream={media.ownStream.value}
          label={t.party.check.self}
          placeholder={t.common.noVideo}
          initial={t.common.me}
          mirrored
        />
      </div>
      {!self.isolated && (
        <section>
          <h2 class="waiting-head">
            {w.people} <span class="soft small digits">{w.ready(ready, people.length)}</span>
          </h2>
          <ul class="queue">
            {people.map((one) => (
              <li key={one.seat.participant}>
                <span class="queue-role">{roleOf(one)}</span>
                <span class="grow">
                  {one.seat.name}
                  {one.seat.participant === state.me && `（${t.common.me}）`}
                </span>
                <Lamp tone={HERE.has(one.presence) ? "record" : "off"}>{t.common.presence[one.presence]}</Lamp>
              </li>
            ))}
          </ul>
        </section>
      )}
      <div class="gate-withdraw">
        <Withdraw hearing={hearing} />
      </div>
      <div class="row waiting-actions">
        <Button kind="quiet" onClick={() => setLeave(true)}>
          {w.leave}
        </Button>
        {hasExhibits(hearing) && (
          <Button icon="clip" onClick={() => setExhibits(true)}>
            {exhibitsText().open}
          </Button>
        )}
        <Button icon="help" onClick={() => setHelp(true)} class="grow">
          {w.help}
        </Button>
      </div>
      <ExhibitSheet hearing={hearing} open={exhibits} onClose={() => setExhibits(false)} />
      <HelpDialog hearing={hearing} open={help} onClose={() => setHelp(false)} />
      <LeaveDialog hearing={hearing} open={leave} onClose={() => setLeave(false)} onLeft={onLeft} />
    </main>
  );
}
