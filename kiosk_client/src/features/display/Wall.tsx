import { useEffect, useMemo, useState } from "preact/hooks";
import { api, type CourtCard } from "../../protocol/api.ts";
import type { HearingView } from "../../protocol/messages.ts";
import { type Hearing, joinHearing, person } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either, text } from "../../text/index.ts";
import { Clock, Emblem, Icon, Lamp, wallTime } from "../../ui/index.ts";
import { WithExhibit } from "../exhibits/WithExhibit.tsx";
import { healthOf } from "../exports/RecordingTable.tsx";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { Stage } from "../hearing/Stage.tsx";
import { useWatching } from "../hearing/useMedia.ts";
import { titleOf } from "../hearing/words.ts";
import { Captions, captionTrouble } from "../minutes/Captions.tsx";
import { courtDateZh, courtWeekdayZh } from "../sessions/courtTime.ts";
import { screenOf } from "./screen.ts";
import "./display.css";

interface Props {
  session: string;
  credential: string;
  court: CourtCard;
}

/** The screen on the courtroom's wall: who speaks, which case, what time; nothing to press. */
export function Wall({ session, credential, court }: Props) {
  const hearing = useMemo<Hearing>(
    () => joinHearing({ ticket: async () => (await api.displayTicket(session, credential)).ticket }),
    [session, credential],
  );
  useEffect(() => () => hearing.close(), [hearing]);
  const media = useWatching(hearing);
  const idle = useIdleCursor();
  const { display: t } = courtText().staff;
  const { common } = text();
  const zone = court.time_zone;
  const state = hearing.state.value;
  const view = state.hearing;
  const link = hearing.link.value;
  const screen = view && screenOf(view);
  const { standing } = hearing.minutes.state.value;
  const audible = screen?.show === "stage";

  useEffect(() => media?.setVolume(audible ? 1 : 0), [media, audible]);
  useEffect(() => {
    if (!media) return;
    const unlock = () => media.unlockSound();
    document.addEventListener("pointerdown", unlock);
    document.addEventListener("keydown", unlock);
    return () => {
      document.removeEventListener("pointerdown", unlock);
      document.removeEventListener("keydown", unlock);
    };
  }, [media]);

  const speaker = person(state, state.speakers[0] ?? view?.floor ?? null);
  const phase = view && (view.state === "in_session" ? common.phases[view.phase] : common.states[view.state]);
  return (
    <div class={`wall${idle ? " wall-idle" : ""}`}>
      <header class="wall-head">
        <span class="wall-emblem" data-slot="emblem">
          <Emblem />
        </span>
        <div class="wall-court">
          <p>{view?.court ?? court.court}</p>
          <p>{phase ?? t.connecting}</p>
        </div>
        <div class="wall-case">
          <p>{view?.case_no}</p>
          <p>{view && [view.cause, view.title].filter(Boolean).join(" · ")}</p>
        </div>
        <div class="wall-time">
          <Clock now={hearing.now} show={(ms) => wallTime(ms, "time", zone)} label={common.courtTime} />
          <p>
            {courtDateZh(zone, hearing.now())} {courtWeekdayZh(zone, hearing.now())}
          </p>
        </div>
      </header>
      <MediaNotes media={media} />
      <main class="wall-stage">
        {view && screen?.show === "stage" && (
          <WithExhibit hearing={hearing} still>
            <Stage hearing={hearing} media={media} empty={t.empty} whole />
          </WithExhibit>
        )}
        {view && screen?.show === "card" && (
          <WallCard view={view} at_ms={screen.at_ms} grave={screen.grave} zone={zone} />
        )}
        {!view && link.at !== "ended" && <WallMessage title={t.connecting} />}
        {link.at === "ended" && !view && <WallMessage title={either(link.zh, link.en)} />}
        {view && (link.at === "waiting" || link.at === "connecting") && (
          <div class="wall-lost" role="status">
            <WallMessage title={t.reconnecting} sub={t.reconnectingHint} turning />
          </div>
        )}
      </main>
      {screen?.show === "stage" && standing?.available && <Captions hearing={hearing} form="strip" />}
      <footer class="wall-foot">
        <Lamp tone={link.at !== "open" ? "lost" : view?.recording ? "record" : "off"} live>
          {link.at !== "open" ? t.reconnecting : view ? recordingWords(view) : common.notRecording}
        </Lamp>
        {screen?.show === "stage" && speaker && (
          <span class="wall-speaker" role="status">
            <Icon name="mic" />
            {t.speaking}：<strong>{titleOf(speaker)}</strong>
          </span>
        )}
        {screen?.show === "stage" && standing && (
          <span>{standing.available ? captionTrouble(standing) : text().minutes.unavailableShort}</span>
        )}
        <span class="grow" />
        {media?.soundBlocked.value && audible && (
          <span class="wall-sound">
            <Icon name="speaker" />
            {t.tapSound}
          </span>
        )}
        <span>{t.discipline}</span>
      </footer>
    </div>
  );
}

function recordingWords(view: HearingView): string {
  const { staff, bench } = courtText();
  if (view.recording) return staff.display.rec;
  const word = healthOf(view, null);
  return word === "pause" ? staff.display.pause : bench.recording[word];
}

function WallMessage({ title, sub, turning }: { title: string; sub?: string; turning?: boolean }) {
  return (
    <div class="wall-message">
      <span class={`wall-mark${turning ? " wall-turning" : ""}`}>
        <Emblem />
      </span>
      <h1>{title}</h1>
      {sub && <p>{sub}</p>}
    </div>
  );
}

interface CardProps {
  view: HearingView;
  at_ms: number | null;
  grave: boolean;
  zone: string;
}

function WallCard({ view, at_ms, grave, zone }: CardProps) {
  const { display: t } = courtText().staff;
  const time = at_ms === null ? null : wallTime(at_ms, "minute", zone);
  const [title, sub] = ((): [string, string] => {
    switch (view.state) {
      case "scheduled":
        return [t.scheduled, time ? t.scheduledAt(time) : ""];
      case "waiting":
        return [t.waiting, time ? `${t.scheduledAt(time)}　${t.waitingHint}` : t.waitingHint];
      case "adjourned":
        return [t.adjourned, time ? t.resumeAt(time) : t.resumeOpen];
      case "deliberating":
        return [t.deliberating, time ? t.resumeAt(time) : t.resumeOpen];
      case "closed_evidence":
        return [t.closedEvidence, t.closedEvidenceHint];
      case "off_record_mediation":
        return [t.mediation, t.closedEvidenceHint];
      case "suspended":
        return [t.suspended, t.suspendedHint];
      case "cancelled":
        return [t.cancelled, ""];
      case "converted_offline":
        return [t.offline, ""];
      default:
        return [t.closed, ""];
    }
  })();
  return (
    <div class={`wall-card${grave ? " wall-card-grave" : ""}`} role="status">
      <span class="wall-mark">
        <Emblem />
      </span>
      <h1>{title}</h1>
      {sub && <p class="wall-card-sub">{sub}</p>}
      <p class="wall-card-case">
        {view.case_no}
        {view.cause && `　${view.cause}`}
      </p>
    </div>
  );
}

/** True once the pointer has rested for three seconds: a wall shows no cursor. */
function useIdleCursor(): boolean {
  const [idle, setIdle] = useState(true);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      setIdle(false);
      clearTimeout(timer);
      timer = setTimeout(() => setIdle(true), 3000);
    };
    document.addEventListener("pointermove", moved);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointermove", moved);
    };
  }, []);
  return idle;
}
