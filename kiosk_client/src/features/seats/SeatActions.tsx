import { useState } from "preact/hooks";
import type { AnyCommand, PersonView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Button, Icon, type IconName } from "../../ui/index.ts";
import { act } from "../bench/act.ts";
import { Ask } from "../order/Ask.tsx";
import type { SeatAction } from "./order.ts";

interface Props {
  hearing: Hearing;
  one: PersonView;
  actions: readonly SeatAction[];
  onDone: () => void;
}

const ICONS: Record<SeatAction, IconName> = {
  admit: "check",
  call: "check",
  floor: "mic",
  floor_end: "micOff",
  mute: "micOff",
  mute_lock: "lock",
  unmute: "mic",
  camera_off: "cameraOff",
  camera_on: "camera",
  hand_down: "hand",
  warn: "warn",
  back: "back",
  dismiss: "leave",
  remove: "leave",
};

const FLOOR_MINUTES = [0, 3, 5, 10] as const;

/** Commands that need no question first. */
function command(action: SeatAction, participant: string): AnyCommand | null {
  switch (action) {
    case "admit":
    case "call":
      return { do: "admit", participant };
    case "floor_end":
      return { do: "floor", participant: null };
    case "mute":
      return { do: "mute", participant, kind: "audio", muted: true };
    case "mute_lock":
      return { do: "mute", participant, kind: "audio", muted: true, locked: true };
    case "unmute":
      return { do: "mute", participant, kind: "audio", muted: false };
    case "camera_off":
      return { do: "mute", participant, kind: "video", muted: true, locked: true };
    case "camera_on":
      return { do: "mute", participant, kind: "video", muted: false };
    case "hand_down":
      return { do: "hand", participant, raised: false };
    case "back":
    case "dismiss":
      return { do: "dismiss", participant };
    default:
      return null;
  }
}

/** What the court can do about one person, unfolded under their seat. */
export function SeatActions({ hearing, one, actions, onDone }: Props) {
  const { court, bench: t } = courtText();
  const [asking, setAsking] = useState<"warn" | "remove" | "floor" | null>(null);
  const participant = one.seat.participant;
  const name = one.seat.name;

  function run(action: SeatAction) {
    const plain = command(action, participant);
    if (plain) {
      act(hearing.do(plain));
      onDone();
    } else if (action === "warn" || action === "remove" || action === "floor") setAsking(action);
  }

  return (
    <div class="seat-actions">
      {actions.map((action) => (
        <button
          key={action}
          type="button"
          class={`seat-action${action === "remove" ? " seat-action-danger" : ""}${
            action === "admit" || action === "call" ? " seat-action-main" : ""
          }`}
          onClick={() => run(action)}
        >
          <Icon name={ICONS[action]} />
          {court.actions[action]}
        </button>
      ))}
      <button
        type="button"
        class="seat-action"
        onClick={() => {
          const view = hearing.state.value.hearing;
          if (!view) return;
          const layout = view.layout === "grid" || view.layout === "facing" ? "one_plus_five" : view.layout;
          act(hearing.do({ do: "layout", layout: layout as "auto", locked: true, focus: participant }));
          onDone();
        }}
      >
        <Icon name="screen" />
        {t.focusOn}
      </button>
      {asking === "warn" && (
        <Ask
          title={t.warnTitle(name, one.warnings + 1)}
          yes={court.actions.warn}
          reason="required"
          proposals={t.warnReasons}
          onYes={async (reason) => void (await hearing.do({ do: "warn", participant, reason }))}
          onClose={onDone}
        />
      )}
      {asking === "remove" && (
        <Ask
          title={t.removeTitle(name)}
          yes={court.actions.remove}
          reason="required"
          proposals={t.removeReasons}
          onYes={async (reason) => void (await hearing.do({ do: "remove", participant, reason }))}
          onClose={onDone}
        >
          <p>{t.removeText}</p>
        </Ask>
      )}
      {asking === "floor" && (
        <fieldset class="seat-floor">
          <legend>{t.floorTitle(name)}</legend>
          {FLOOR_MINUTES.map((minutes) => (
            <Button
              key={minutes}
              onClick={() => {
                act(hearing.do({ do: "floor", participant, limit_ms: minutes * 60_000 }));
                onDone();
              }}
            >
              {minutes === 0 ? t.floorNoLimit : court.minutes(minutes)}
            </Button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
