import type { AnyEvent, HearingView, Role, Seat } from "../../protocol/messages.ts";
import type { LogEntry } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";

/** What weighs on a line of the log: `court` acts of the court, `mind` what needs attention, `plain` the rest. */
export type Weight = "court" | "mind" | "plain";

export interface Line {
  words: string;
  weight: Weight;
}

/** Muting everybody is one act of the court, though the log holds an event for each person. */
const TOGETHER = 3;

/** Stretches of the log with each mute-all folded into its first entry; `count` is how many events it stands for. */
export function foldMutes(entries: readonly LogEntry[]): { entry: LogEntry; count: number }[] {
  const folded: { entry: LogEntry; count: number }[] = [];
  for (const entry of entries) {
    const last = folded.at(-1);
    if (last && isSameMute(last.entry, entry)) last.count += 1;
    else folded.push({ entry, count: 1 });
  }
  return folded.flatMap((stretch) => {
    if (stretch.count >= TOGETHER || stretch.count === 1) return [stretch];
    const from = entries.indexOf(stretch.entry);
    return entries.slice(from, from + stretch.count).map((entry) => ({ entry, count: 1 }));
  });
}

function isSameMute(a: LogEntry, b: LogEntry): boolean {
  if (a.event?.type !== "participant.mute" || b.event?.type !== "participant.mute") return false;
  const same = a.event.kind === b.event.kind && a.event.muted === b.event.muted && a.event.locked === b.event.locked;
  return same && a.actor === b.actor && Math.abs(a.at_ms - b.at_ms) < 500;
}

/** The line for a whole stretch of mutes. */
export function describeAll(event: AnyEvent, count: number): Line | null {
  if (event.type !== "participant.mute") return null;
  const { log, bench } = courtText();
  const word = !event.muted ? bench.unmuteAll : event.locked ? bench.muteAllLock : bench.muteAll;
  return { words: log.everybody(word, count), weight: "court" };
}

const UNLISTED: ReadonlySet<Role> = new Set(["observer", "display", "supervisor"]);

/** Everybody the log knows, whether or not they are on the list of people now. */
export function seatsOf(log: readonly LogEntry[], people: HearingView["people"]): Map<string, Seat> {
  const seats = new Map<string, Seat>();
  for (const { event } of log) if (event?.type === "participant.added") seats.set(event.seat.participant, event.seat);
  for (const { seat } of people) seats.set(seat.participant, seat);
  return seats;
}

/** One event of the log in a sentence, or null where it would only be noise to a judge. */
export function describe(event: AnyEvent, seats: ReadonlyMap<string, Seat>): Line | null {
  const { log, court } = courtText();
  const { common } = text();
  const who = (id: string) => seats.get(id)?.name ?? log.somebody;
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
      // Screens and the public come and go; the number on the seat map says enough.
      if (UNLISTED.has(seats.get(event.participant)?.role ?? "agent") && event.after !== "removed") return null;
      if (event.after === "dropped") return mind(log.dropped(who(event.participant)));
      if (event.before === "dropped") return plain(log.back(who(event.participant)));
      if (event.after === "removed") return mind(log.removed(who(event.participant), event.reason ?? ""));
      return plain(`${who(event.participant)} ${common.presence[event.after]}`);
    case "supervision.began":
      return mind(log.lookBegan(who(event.participant), event.picture, event.sound));
    case "supervision.ended":
      return plain(log.lookEnded(who(event.participant)));
    case "supervision.record":
      return mind(log.looked(event.name, courtText().records.parts[event.what], event.words ?? ""));
    case "participant.added":
      return event.seat.role === "supervisor" ? null : plain(log.added(event.seat.name));
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
    case "participant.language": {
      const { speech } = courtText().bench;
      const known: Readonly<Record<string, string>> = speech.languages;
      const served = event.interprets && speech.serves(who(event.interprets));
      return plain(
        [who(event.participant), known[event.language] ?? event.language, served].filter(Boolean).join(" "),
      );
    }
    case "floor.granted":
      return event.participant ? { words: log.floor(who(event.participant)), weight: "court" } : plain(log.floorEnd);
    case "identity.watch": {
      const { chips } = courtText().desk;
      const doubt = event.state in courtText().desk.look;
      return doubt ? mind(`${who(event.participant)} ${chips[event.state as keyof typeof chips]}`) : null;
    }
    case "identity.watch_checked":
      return plain(`${who(event.participant)} ${courtText().desk.checked}`);
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
      return event.type.startsWith("exhibit.") ? exhibitLine(event, who) : null;
  }
}

function exhibitLine(event: AnyEvent, who: (id: string) => string): Line | null {
  const { log } = courtText();
  const plain = (words: string): Line => ({ words, weight: "plain" });
  const court = (words: string): Line => ({ words, weight: "court" });
  switch (event.type) {
    case "exhibit.submitted":
      return plain(log.exhibitSubmitted(who(event.participant), event.number, event.name));
    case "exhibit.state":
      return court(log.exhibitState(event.number, exhibitsText().states[event.after]));
    case "exhibit.shown":
      return court(log.exhibitShown(event.number, event.page ?? 1));
    case "exhibit.hidden":
      return plain(log.exhibitHidden(event.number));
    case "exhibit.opinion":
      return plain(log.exhibitOpinion(who(event.participant), event.number));
    case "exhibit.opened":
      return court(log.exhibitOpened(event.number, event.public));
    default:
      return null;
  }
}
