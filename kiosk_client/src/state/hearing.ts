import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  AnyCommand,
  ChallengeStepMessage,
  DoneMessage,
  ExportProgressMessage,
  FromServer,
  GateHintMessage,
  GateNoteMessage,
  GateRow,
  GateView,
  Head,
  HearingView,
  Lamp,
  LayersMessage,
  PersonView,
  Publication,
  RecordingHealthMessage,
  ReviewNewsMessage,
  Right,
  TrackDelivery,
  UpdateMessage,
  WatchChip,
} from "../protocol/messages.ts";
import { HearingSocket, type LinkState, type Resume, type SocketOptions, socketUrl } from "../protocol/socket.ts";
import { type CourtClock, courtMs, sample, sessionMs } from "./clock.ts";
import { followMinutes, type Minutes } from "./minutesReader.ts";
import { language } from "./preferences.ts";

/** The newest heads and updates that a page keeps; the oldest are dropped (an hour of heads is 360). */
const MAX_HEADS = 4_000;
const MAX_UPDATES = 400;

export interface HearingState {
  /** Own participant id; empty before the first welcome. */
  readonly me: string;
  readonly rights: readonly Right[];
  readonly hearing: HearingView | null;
  /** Place in the log that `hearing` stands for. */
  readonly as_of: number;
  readonly publications: readonly Publication[];
  readonly speakers: readonly string[];
  /** source -> which encodings of our own publication the server wants. */
  readonly layers: Readonly<Record<string, LayersMessage>>;
  /** publication -> what of it arrives at this page, and why not. */
  readonly deliveries: Readonly<Record<string, TrackDelivery>>;
  readonly lamps: Readonly<Record<string, Lamp>>;
  readonly recording: RecordingHealthMessage | null;
  readonly exports: Readonly<Record<string, ExportProgressMessage>>;
  /** Signed heads of the chain, oldest first: this page is a witness of them. */
  readonly heads: readonly Head[];
  /** The latest updates, oldest first, e.g. to announce what just happened. */
  readonly updates: readonly UpdateMessage[];
  /** Where oneself stands at the gate; null where nobody asks. */
  readonly gate: GateView | null;
  /** What to do before the camera now, and what would help. */
  readonly challenge: ChallengeStepMessage | null;
  readonly gate_hint: GateHintMessage | null;
  /** The clerk's newest words to oneself at the gate. */
  readonly gate_note: GateNoteMessage | null;
  /** Everybody at the gate, for who may admit. */
  readonly gate_queue: readonly GateRow[];
  /** What the watch sees on the seats, for judge and clerk. */
  readonly watch: readonly WatchChip[];
  /** How the review of the minutes stands; null while there is none for this person. */
  readonly review: ReviewNewsMessage | null;
  readonly clock: CourtClock | null;
  readonly rtt_ms: number | null;
  readonly ice_servers: RTCIceServer[];
  readonly court_key: string;
  readonly server_version: string;
}

export const nothingYet: HearingState = {
  me: "",
  rights: [],
  hearing: null,
  as_of: 0,
  publications: [],
  speakers: [],
  layers: {},
  deliveries: {},
  lamps: {},
  recording: null,
  exports: {},
  heads: [],
  updates: [],
  gate: null,
  challenge: null,
  gate_hint: null,
  gate_note: null,
  gate_queue: [],
  watch: [],
  review: null,
  clock: null,
  rtt_ms: null,
  ice_servers: [],
  court_key: "",
  server_version: "",
};

/** The state after one more message. Pure; `received_ms` is the page's monotonic clock. */
export function fold(state: HearingState, message: FromServer, received_ms: number): HearingState {
  switch (message.type) {
    case "welcome":
      return {
        ...state,
        me: message.participant,
        rights: message.rights,
        hearing: message.hearing,
        as_of: message.seq,
        publications: message.publications,
        speakers: message.hearing.speakers,
        clock: sample(state.clock, message.clock, received_ms, null),
        ice_servers: message.ice_servers.map(({ urls, username, credential }) => ({
          urls: [...urls],
          ...(username ? { username, credential } : {}),
        })),
        court_key: message.court_key,
        server_version: message.server_version,
        // The server tells a page that has come anew only of seats that it watches.
        watch: [],
      };
    case "update":
      // News of the transcript: it comes by itself (`state/minutes.ts`) and changes nothing here.
      if (!message.event && !message.hearing) return state;
      return {
        ...state,
        // An update missed and now caught up on must not turn back a hearing that the welcome showed as it stands.
        ...(message.seq >= state.as_of ? { hearing: message.hearing ?? state.hearing, as_of: message.seq } : {}),
        updates: [...state.updates.slice(-(MAX_UPDATES - 1)), message],
      };
    case "publications":
      return { ...state, publications: message.publications };
    case "speakers":
      return { ...state, speakers: message.participants };
    case "layers":
      return { ...state, layers: { ...state.layers, [message.source]: message } };
    case "deliveries":
      return { ...state, deliveries: Object.fromEntries(message.tracks.map((track) => [track.publication, track])) };
    case "network":
      return {
        ...state,
        lamps: { ...state.lamps, ...Object.fromEntries(message.lamps.map((lamp) => [lamp.participant, lamp])) },
      };
    case "pong": {
      const rtt_ms = Math.max(0, received_ms - message.sent_ms);
      return { ...state, rtt_ms, clock: sample(state.clock, message.clock, received_ms, rtt_ms) };
    }
    case "head":
      return { ...state, heads: [...state.heads.slice(-(MAX_HEADS - 1)), message.head] };
    case "recording":
      return { ...state, recording: message };
    case "export":
      return { ...state, exports: { ...state.exports, [message.job]: message } };
    case "gate":
      // A step belongs to a challenge that runs: whatever else has become of the gate ends it.
      return {
        ...state,
        gate: message.gate,
        // What the clerk wrote was about the stage that is over.
        gate_note: message.gate.stage === state.gate?.stage ? state.gate_note : null,
        ...(message.gate.stage === "challenge" && message.gate.failures === state.gate?.failures
          ? {}
          : { challenge: null, gate_hint: null }),
      };
    case "challenge":
      return { ...state, challenge: message };
    case "gate_hint":
      return { ...state, gate_hint: message.code ? message : null };
    case "gate_note":
      return { ...state, gate_note: message };
    case "gate_queue":
      return { ...state, gate_queue: message.rows };
    case "review":
      return { ...state, review: message };
    case "watch":
      return { ...state, watch: message.chips };
    default:
      return state;
  }
}

export interface Hearing {
  readonly state: Signal<HearingState>;
  readonly link: Signal<LinkState>;
  /** Own entry in the list of people. */
  readonly self: ReadonlySignal<PersonView | null>;
  readonly socket: HearingSocket;
  readonly minutes: Minutes;
  /** Sends a command; rejects with `Refused`. */
  do(command: AnyCommand): Promise<DoneMessage>;
  /** The server's UTC and session clocks, in ms. */
  now(): number;
  sessionNow(): number;
  /** Tells each message after it was folded. Returns the way to stop. */
  listen(listener: (message: FromServer) => void): () => void;
  close(): void;
}

export interface JoinOptions extends Pick<SocketOptions, "ticket"> {
  /** Name in this tab's storage under which a reload finds its way back; omit where no trace may stay. */
  keep?: string;
  wire?: SocketOptions["wire"];
}

function kept(key: string | undefined): Resume | null {
  if (!key) return null;
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return typeof value === "object" && value !== null && "credential" in value ? (value as Resume) : null;
  } catch {
    // No storage, or not ours: then a ticket is asked for.
    return null;
  }
}

function keep(key: string | undefined, resume: Resume | null): void {
  if (!key) return;
  try {
    if (resume) sessionStorage.setItem(key, JSON.stringify(resume));
    else sessionStorage.removeItem(key);
  } catch {
    // Without storage a reload asks for a new ticket.
  }
}

/** Joins a hearing and keeps its state. The connection is opened at once and lives until `close` or the server ends it. */
export function joinHearing(options: JoinOptions): Hearing {
  const state = signal(nothingYet);
  const link = signal<LinkState>({ at: "idle" });
  const listeners = new Set<(message: FromServer) => void>();
  const self = computed(() => person(state.value, state.value.me));
  const minutes = followMinutes(() => socket);
  const socket: HearingSocket = new HearingSocket({
    url: socketUrl(),
    ticket: options.ticket,
    wire: options.wire,
    language: () => language.value,
    resume: kept(options.keep),
    onResume: (resume) => keep(options.keep, resume),
    onLink: (next) => {
      link.value = next;
    },
    onMessage: (message, received_ms) => {
      state.value = fold(state.value, message, received_ms);
      minutes.take(message, received_ms);
      minutes.seen(self.peek());
      for (const listener of listeners) listener(message);
    },
  });
  const probe = () => socket.probe();
  window.addEventListener("online", probe);
  socket.start();
  return {
    state,
    link,
    self,
    socket,
    minutes,
    do: (command) => socket.do(command),
    now: () => courtMs(state.value.clock, performance.now()),
    sessionNow: () => sessionMs(state.value.clock, performance.now()),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      window.removeEventListener("online", probe);
      keep(options.keep, null);
      socket.stop();
      listeners.clear();
    },
  };
}

export function person(state: HearingState, participant: string | null): PersonView | null {
  return state.hearing?.people.find((one) => one.seat.participant === participant) ?? null;
}
