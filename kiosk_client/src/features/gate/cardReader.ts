import type { DocumentKind } from "../../protocol/gate.ts";
import { tidy } from "./idNumber.ts";

/** What lies on a kiosk's card reader. */
export interface Card {
  readonly kind: DocumentKind;
  readonly number: string;
}

/** `none`: nothing lies there yet; `unreadable`: something does; `away`: the reader does not answer. */
export type Reading = Card | "none" | "unreadable" | "away";

const KINDS = new Set<unknown>(["resident_id", "passport", "other"]);
const LONGEST = 40;
const MOST_BYTES = 4096;

/** The reader's answer (docs/card-reader.md); null when it is none. */
export function cardIn(body: unknown): Card | null {
  if (typeof body !== "object" || body === null) return null;
  const { kind, number } = body as Record<string, unknown>;
  if (!KINDS.has(kind) || typeof number !== "string") return null;
  const bare = tidy(number);
  return /^[0-9A-Z]+$/.test(bare) && bare.length <= LONGEST ? { kind: kind as DocumentKind, number: bare } : null;
}

/** Asks once; the reader answers as soon as a card is read, or when it has waited for some seconds. Never throws. */
export async function ask(url: string, signal: AbortSignal, fetching: typeof fetch = fetch): Promise<Reading> {
  try {
    const answer = await fetching(url, { signal, cache: "no-store", credentials: "omit", redirect: "error" });
    if (answer.status === 204) return "none";
    if (answer.status === 422) return "unreadable";
    if (answer.status !== 200) return "away";
    return cardIn(await short(answer)) ?? "unreadable";
  } catch {
    return "away";
  }
}

/** The answer as JSON, of which no more is read than a card can be; throws for a longer one. */
async function short(answer: Response): Promise<unknown> {
  const reader = answer.body?.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > MOST_BYTES) {
      await reader?.cancel();
      throw new RangeError("too long an answer");
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return JSON.parse(text + decoder.decode());
}
