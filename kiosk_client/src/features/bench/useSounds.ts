import { useEffect } from "preact/hooks";
import type { FromServer } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { alarm, chime, gavel, ping } from "./sounds.ts";

/** Which sound an update makes, if any. */
export function soundOf(message: FromServer): "gavel" | "ping" | "chime" | "alarm" | null {
  if (message.type !== "update" || !message.event) return null;
  const { event } = message;
  switch (event.type) {
    case "session.state":
      if (event.move === "suspend") return "alarm";
      return ["open", "recess", "resume", "close", "reopen"].includes(event.move) ? "gavel" : null;
    case "participant.hand":
      return event.raised ? "ping" : null;
    case "participant.help":
      return event.answered ? null : "alarm";
    case "participant.presence":
      if (event.after === "dropped") return "alarm";
      return event.after === "waiting" && event.before !== "present" ? "chime" : null;
    case "recording.incident":
      return "alarm";
    default:
      return null;
  }
}

/** The bench hears what it must not miss while looking elsewhere. */
export function useSounds(hearing: Hearing): void {
  useEffect(() => {
    const play = { gavel, ping, chime, alarm };
    return hearing.listen((message) => {
      const sound = soundOf(message);
      if (sound) play[sound]();
    });
  }, [hearing]);
}
