import { useState } from "preact/hooks";
import type { Lamp as LampFigures, PersonView, Presence } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { language } from "../../state/preferences.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Icon, Lamp } from "../../ui/index.ts";
import { useTick } from "../bench/useTick.ts";
import { clockText } from "../flow/undo.ts";
import { roleOf } from "../hearing/words.ts";
import { ON_LINE, raisedHands, seatActions, seatGroups } from "./order.ts";
import { PresenceTag } from "./PresenceTag.tsx";
import { SeatActions } from "./SeatActions.tsx";
import { languageMark } from "./SeatLanguage.tsx";
import "./seats.css";

const MISSING: ReadonlySet<Presence> = new Set(["invited", "consented", "checked", "dropped", "left"]);

/** Fits beside the role in one line. */
const SHORT_NAME = 4;

interface Props {
  hearing: Hearing;
  /** Whether this person may act on others at all. */
  mayOrder: boolean;
}

/** The courtroom as a map of seats: who is where, how they are heard, and what the court can do about it. */
export function SeatMap({ hearing, mayOrder }: Props) {
  const { bench: t, court } = courtText();
  const [open, setOpen] = useState<string | null>(null);
  const state = hearing.state.value;
  const view = state.hearing;
  useTick(1000, view?.floor_until_ms != null);
  if (!view) return null;
  const hands = raisedHands(view.people).map((one) => one.seat.participant);
  const closed = view.state === "closed_evidence" || view.state === "off_record_mediation";
  return (
    <nav class="seat-map" aria-label={t.seats}>
      {seatGroups(view.people).map(({ side, people }) => (
        <section key={side} aria-label={court.sides[side]}>
          <h3 class="seat-side">{court.sides[side]}</h3>
          <ul>
            {people.map((one) => {
              const id = one.seat.participant;
              const actions = mayOrder ? seatActions(one, view.floor, state.me) : [];
              return (
                <li key={id}>
                  <Seat
                    one={one}
                    lamp={state.lamps[id]}
                    hand={hands.indexOf(id) + 1}
                    mine={id === state.me}
                    compact={language.value === "zh-CN" && one.staff && one.seat.name.length <= SHORT_NAME}
                    speaking={state.speakers.includes(id)}
                    floor_ms={view.floor === id ? floorLeft(view.floor_until_ms, hearing.sessionNow()) : null}
                    open={open === id}
                    speech={languageMark(one, view.people)}
                    onToggle={actions.length > 0 ? () => setOpen(open === id ? null : id) : null}
                  />
                  {open === id && actions.length > 0 && (
                    <SeatActions hearing={hearing} one={one} actions={actions} onDone={() => setOpen(null)} />
                  )}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
      <p class="seat-observers">
        <Icon name="people" />
        {closed ? t.observersClosed : t.observers(view.observers)}
      </p>
    </nav>
  );
}

/** Ms left of the floor; -1 where there is no limit. */
function floorLeft(until_ms: number | null, now_ms: number): number {
  return until_ms === null ? -1 : Math.max(0, until_ms - now_ms);
}

interface SeatProps {
  one: PersonView;
  lamp: LampFigures | undefined;
  /** Place in the queue of raised hands, 0 for none. */
  hand: number;
  mine: boolean;
  /** Role and name in one line: the court's own people have short names. */
  compact: boolean;
  speaking: boolean;
  floor_ms: number | null;
  open: boolean;
  /** In which language they are heard; empty: the court's own. */
  speech: string;
  onToggle: (() => void) | null;
}

function Seat({ one, lamp, hand, mine, compact, speaking, floor_ms, open, speech, onToggle }: SeatProps) {
  const { bench: t } = courtText();
  const { common } = text();
  const here = one.presence === "present" || one.presence === "testifying";
  const words = (
    <>
      <span class="seat-line">
        <span class="seat-role">{roleOf(one)}</span>
        {compact && <span class="seat-name">{one.seat.name}</span>}
        {mine && <span class="seat-mine">{t.you}</span>}
        {!compact && <span class="grow" />}
        {lamp && ON_LINE.has(one.presence) && (
          <Lamp tone={lamp.grade} compact>
            {common.network[lamp.grade]}
          </Lamp>
        )}
        <PresenceTag presence={one.presence} />
      </span>
      {!compact && (
        <span class="seat-line">
          <span class="seat-name">{one.seat.name}</span>
          {one.seat.required && MISSING.has(one.presence) && <span class="seat-required">{t.required}</span>}
        </span>
      )}
      <span class="seat-line seat-marks">
        {floor_ms !== null && (
          <span class={`mark-floor${floor_ms >= 0 && floor_ms < 15_000 ? " mark-late" : ""}`}>
            <Icon name="mic" />
            {floor_ms === 0 ? t.floorOver : t.floorNow}
            {floor_ms > 0 && <span class="digits">{clockText(floor_ms)}</span>}
          </span>
        )}
        {hand > 0 && (
          <span class="mark-hand">
            <Icon name="hand" />
            {t.handOrder(hand)}
          </span>
        )}
        {one.help_asked && (
          <span class="mark-help">
            <Icon name="help" />
            {t.helpText}
          </span>
        )}
        {one.audio_muted && (
          <span>
            <Icon name={one.audio_locked ? "lock" : "micOff"} />
            {common.muted}
            {one.audio_locked && ` · ${t.locked}`}
          </span>
        )}
        {one.video_muted && (
          <span>
            <Icon name="cameraOff" />
            {t.cameraOff}
          </span>
        )}
        {one.warnings > 0 && (
          <span class="mark-warn">
            <Icon name="warn" />
            {t.warned(one.warnings)}
          </span>
        )}
        {lamp?.hidden && ON_LINE.has(one.presence) && <span class="mark-warn">{t.pageHidden}</span>}
        {speech && <span>{speech}</span>}
        {one.isolated && one.presence === "waiting" && <span>{t.isolated}</span>}
      </span>
    </>
  );
  const look = `seat${speaking ? " seat-speaking" : ""}${open ? " seat-open" : ""}${here ? "" : " seat-away"}`;
  if (!onToggle) return <div class={look}>{words}</div>;
  return (
    <button type="button" class={`${look} seat-button`} aria-expanded={open} onClick={onToggle}>
      {words}
    </button>
  );
}
