import type { ComponentChildren } from "preact";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { text } from "../../text/index.ts";
import { Brand, Button, Clock, duration, Lamp, type LampTone, wallTime } from "../../ui/index.ts";
import { InterpretationSwitch } from "./InterpretationSwitch.tsx";
import { PreferenceButtons } from "./Preferences.tsx";
import "./hearing.css";

interface Props {
  hearing: Hearing;
  media?: HearingMedia | null;
  zone?: string;
  onHelp?: () => void;
  /** Hide language, size and contrast (they sit elsewhere, e.g. in a phone's menu). */
  bare?: boolean;
  /** compact: two short lines for a phone. */
  form?: "full" | "compact";
  children?: ComponentChildren;
}

const showTime = (ms: number) => wallTime(ms, "time");

/** Words and tone of the network lamp: the link first, then the media's grade, then the server's view. */
export function networkLamp(hearing: Hearing, media: HearingMedia | null | undefined): LampTone | "unknown" {
  if (hearing.link.value.at !== "open") return "lost";
  const state = hearing.state.value;
  return media?.grade.value ?? state.lamps[state.me]?.grade ?? "unknown";
}

/** The bar on every page of a hearing: court, case, phase, the court's clock, recording, network, help, preferences. */
export function StatusBar({ hearing, media, zone, onHelp, bare, form = "full", children }: Props) {
  const t = text().common;
  const view = hearing.state.value.hearing;
  const lamp = networkLamp(hearing, media);
  const show = zone ? (ms: number) => wallTime(ms, "time", zone) : showTime;
  const phase = view && (view.state === "in_session" ? t.phases[view.phase] : t.states[view.state]);
  const lamps = (
    <>
      <Lamp tone={view?.recording ? "record" : "off"} live>
        {view?.recording ? t.recording : t.notRecording}
      </Lamp>
      {!(form === "compact" && lamp === "unknown") && (
        <Lamp tone={lamp === "unknown" ? "off" : lamp} compact={form === "compact" && lamp === "good"} live>
          {t.network[lamp === "record" || lamp === "off" ? "unknown" : lamp]}
        </Lamp>
      )}
    </>
  );
  if (form === "compact") {
    return (
      <header class="bar bar-compact">
        <div class="bar-line">
          <span class="bar-phase">{phase ?? t.loading}</span>
          <span class="grow" />
          {lamps}
        </div>
        <div class="bar-line">
          <span class="bar-case grow">{view ? `${view.court}　${view.case_no}` : t.product}</span>
          <Clock now={hearing.now} show={show} label={t.courtTime} />
        </div>
      </header>
    );
  }
  return (
    <header class="bar">
      <Brand court={view?.court ?? t.product} sub={view ? `${view.case_no}　${view.cause}` : undefined} />
      <span class="bar-phase" aria-live="polite">
        {phase ?? t.loading}
      </span>
      <span class="grow" />
      {children}
      {lamps}
      {view?.opened_utc_ms && (
        <span class="bar-elapsed small">
          {t.hearingTime}{" "}
          {view.over_utc_ms === null ? (
            <Clock now={hearing.sessionNow} show={duration} label={t.hearingTime} />
          ) : (
            duration(view.over_utc_ms - view.opened_utc_ms)
          )}
        </span>
      )}
      <Clock now={hearing.now} show={show} label={t.courtTime} />
      {onHelp && (
        <Button icon="help" onClick={onHelp} class="bar-help">
          {t.help}
        </Button>
      )}
      {!bare && <InterpretationSwitch hearing={hearing} />}
      {!bare && <PreferenceButtons captions />}
    </header>
  );
}
