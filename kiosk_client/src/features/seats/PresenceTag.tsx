import type { Presence } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { Icon, type IconName } from "../../ui/index.ts";
import { type Chip, chipOf } from "./order.ts";

const LOOK: Record<Chip, { tone: string; icon: IconName | null }> = {
  absent: { tone: "", icon: null },
  checking: { tone: "tag-info", icon: "network" },
  waiting: { tone: "tag-info", icon: "clock" },
  present: { tone: "tag-ok", icon: "check" },
  dropped: { tone: "tag-bad", icon: "network" },
  left: { tone: "", icon: "leave" },
  removed: { tone: "tag-bad", icon: "leave" },
};

/** Where somebody stands, in words and a sign; the colour only helps. */
export function PresenceTag({ presence }: { presence: Presence }) {
  const chip = chipOf(presence);
  const { tone, icon } = LOOK[chip];
  return (
    <span class={`tag chip ${tone}`}>
      {icon && <Icon name={icon} />}
      {courtText().court.chips[chip]}
    </span>
  );
}
