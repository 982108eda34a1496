import type {
  AnsweredMessage,
  DoMessage,
  DoneMessage,
  FromPage,
  KitMessage,
  LinesMessage,
  OfferMessage,
  RevisionsMessage,
} from "./messages.ts";

/** What a page sends and waits for, by its `re`. */
export type Request =
  | DoMessage
  | OfferMessage
  | KitMessage
  | Extract<FromPage, { type: "close_media" | "challenge_start" | "challenge_stop" | "ask_lines" | "ask_revisions" }>;

export type Answer = DoneMessage | AnsweredMessage | LinesMessage | RevisionsMessage;

/** `Omit` that keeps a union a union. */
export type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;
