import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { courtText } from "../../text/court.ts";
import { Icon, type IconName } from "../../ui/index.ts";
import { act } from "./act.ts";
import "./bench.css";

export const LAYOUTS = ["auto", "focus", "one_plus_five", "grid", "facing"] as const;

/** Mutes everybody outside the bench, or lets them speak again when all of them are muted. */
export function muteAll(hearing: Hearing, locked = false): void {
  const people = hearing.state.value.hearing?.people ?? [];
  const others = people.filter((one) => !one.staff && (one.presence === "present" || one.presence === "testifying"));
  const muted = locked || others.length === 0 || others.some((one) => !one.audio_muted);
  act(hearing.do({ do: "mute", participant: null, kind: "audio", muted, locked: locked && muted }));
}

export function setLayout(hearing: Hearing, layout: (typeof LAYOUTS)[number]): void {
  const view = hearing.state.value.hearing;
  act(hearing.do({ do: "layout", layout, locked: view?.layout_locked ?? false, focus: null }));
}

interface Props {
  hearing: Hearing;
  media: HearingMedia | null;
  mayOrder: boolean;
  mayArrange: boolean;
}

/** Own devices, everybody's sound, the picture's layout. */
export function ControlBar({ hearing, media, mayOrder, mayArrange }: Props) {
  const { bench: t, court } = courtText();
  const view = hearing.state.value.hearing;
  if (!view) return null;
  const layout = LAYOUTS.find((one) => one === view.layout) ?? "auto";
  return (
    <div class="control-bar">
      {media && (
        <div class="control-group">
          <Control
            icon={media.micOn.value ? "mic" : "micOff"}
            label={media.micOn.value ? t.micOn : t.micOff}
            pressed={media.micOn.value}
            onClick={() => media.setMic(!media.micOn.value)}
          />
          <Control
            icon={media.cameraOn.value ? "camera" : "cameraOff"}
            label={media.cameraOn.value ? t.cameraOn : t.cameraOffOwn}
            pressed={media.cameraOn.value}
            onClick={() => media.setCamera(!media.cameraOn.value)}
          />
        </div>
      )}
      {mayOrder && (
        <div class="control-group">
          <Control icon="micOff" label={t.muteAll} onClick={() => muteAll(hearing)} />
          <Control icon="lock" label={t.muteAllLock} onClick={() => muteAll(hearing, true)} />
        </div>
      )}
      <span class="grow" />
      {mayArrange && (
        <fieldset class="layouts">
          <legend class="only-read">{t.layout}</legend>
          {LAYOUTS.map((one, index) => (
            <button
              key={one}
              type="button"
              class="layout-button"
              aria-pressed={layout === one}
              title={`${court.layouts[one]} (${index + 1})`}
              onClick={() => setLayout(hearing, one)}
            >
              <LayoutSign layout={one} />
              <span>{court.layouts[one]}</span>
            </button>
          ))}
          <button
            type="button"
            class="layout-button"
            aria-pressed={view.layout_locked}
            onClick={() => act(hearing.do({ do: "layout", layout, locked: !view.layout_locked, focus: view.focus }))}
          >
            <Icon name="lock" />
            <span>{view.layout_locked ? t.layoutUnlock : t.layoutLock}</span>
          </button>
        </fieldset>
      )}
    </div>
  );
}

interface ControlProps {
  icon: IconName;
  label: string;
  pressed?: boolean;
  onClick: () => void;
}

function Control({ icon, label, pressed, onClick }: ControlProps) {
  return (
    <button
      type="button"
      class={`control${pressed === false ? " control-off" : ""}`}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}

const SIGNS: Record<(typeof LAYOUTS)[number], string> = {
  auto: "M2 3h20v14H2zM12 6.500v7M8.500 10h7",
  focus: "M2 3h20v14H2z",
  one_plus_five: "M2 3h20v14H2zM15.500 3v14M15.500 7.700H22M15.500 12.300H22",
  grid: "M2 3h20v14H2zM12 3v14M2 10h20",
  facing: "M2 3h20v14H2zM2 8h20M12 8v9",
};

function LayoutSign({ layout }: { layout: (typeof LAYOUTS)[number] }) {
  return (
    <svg class="layout-sign" viewBox="0 0 24 20" aria-hidden="true" focusable="false">
      <path d={SIGNS[layout]} />
    </svg>
  );
}
