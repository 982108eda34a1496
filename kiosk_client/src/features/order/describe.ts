import type { AnyEvent, HearingView } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";

/** What weighs on a line of the log: `court` acts of the court, `mind` what needs attention, `plain` the rest. */
export type Weight = "court" | "mind" | "plain";

export interface Line {
  words: string;
  weight: Weight;
}

/** One event of the log in a sentence, or null where it would only be noise to a judge. */
export function describe(event: AnyEvent, people: HearingView["people"]): Line | null {
  const { log, court } = courtText();
  const { common } = text();
  const who = (id: string) => people.find((one) => one.seat.participant === id)?.seat.name ?? log.somebody;
  const plain = (words: string): Line => ({ words, weight: "plain" });
  const mind = (words: string): Line => ({ words, weight: "mind" });
  switch (event.type) {
    case "session.state":
      return {
        words: `${log.moves[event.move]}${event.reason ? `：${event.reason}` : ""}`,
        weight: event.move === "suspend" ? "mind" : "court",
      };
    case "session.phase":
      return { words: log.phase(common.phases[event.phase]), weight: "court" };
    case "session.rescheduled":
      return plain(log.rescheduled);
    case "participant.presence":
      if (event.after === "dropped") return mind(log.dropped(who(event.participant)));
      if (event.before === "dropped") return plain(log.back(who(event.participant)));
      if (event.after === "removed") return mind(log.removed(who(event.participant), event.reason ?? ""));
      return plain(`${who(event.participant)} ${common.presence[event.after]}`);
    case "participant.added":
      return plain(log.added(event.seat.name));
    case "participant.hand":
      return plain(event.raised ? log.hand(who(event.participant)) : log.handDown(who(event.participant)));
    case "participant.help":
      return event.answered
        ? plain(log.helped(who(event.participant)))
        : mind(log.help(who(event.participant), event.text));
    case "participant.warned":
      return { words: log.warned(who(event.participant), event.count, event.reason), weight: "court" };
    case "participant.mute": {
      const camera = event.kind === "video";
      const word = camera
        ? event.muted
          ? court.actions.camera_off
          : court.actions.camera_on
        : event.locked
          ? court.actions.mute_lock
          : event.muted
            ? court.actions.mute
            : court.actions.unmute;
      return plain(`${who(event.participant)} ${word}`);
    }
    case "participant.howling":
      return event.muted ? mind(log.howling(who(event.participant))) : null;
    case "floor.granted":
      return event.participant ? { words: log.floor(who(event.participant)), weight: "court" } : plain(log.floorEnd);
    case "recording.incident":
      return mind(log.incident);
    case "recording.gap":
      return event.cause === "lawful pause" || event.cause === "mute" ? null : mind(log.gap);
    case "clock.anchored":
      return event.reason === "stepped" ? mind(log.stepped) : null;
    case "server.restarted":
      return mind(log.restarted);
    case "package.made":
      return plain(log.exported);
    default:
      return null;
  }
}
