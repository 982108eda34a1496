import type { Widened } from "../widened.ts";
import type { minutes as zh } from "../zh-CN/minutes.ts";

export const minutes: Widened<typeof zh> = {
  captions: "Captions",
  captionsSwitch: "Show captions",
  interpretation: "Interpreter first",
  interpretationShort: "Int.",
  interpretationSwitch: "Interpreter first: others are quieter while the interpreter speaks",
  someone: "Speaker",
  unavailable: (why: string) => `No captions at present: ${why}`,
  unavailableShort: "No captions at present; the clerk's page says how to get them",
  behind: (seconds: number) => `Captions are about ${seconds} s late`,
  late: "added later",
  title: "Transcript",
  open: "Transcript",
  empty: "Nothing yet. What people say will appear here as text.",
  note: "Written live, for information; what counts is the transcript that is checked and signed after the hearing.",
  newer: (count: number) => `${count} new ↓`,
  court: "Clerk's note",
  trouble: "Not understood: please listen to the recording",
  kinds: { speech: "Speech", note: "Note", mark: "Mark", exhibit: "Exhibit" },
};
