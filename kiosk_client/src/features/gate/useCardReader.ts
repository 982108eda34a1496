import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../protocol/api.ts";
import { ask, type Card } from "./cardReader.ts";

/** `off`: this page has no reader. */
export type Reader = "off" | "waiting" | "read" | "unreadable" | "away";

const PAUSE_MS = 500;
const AWAY_MS = 3_000;

/** Waits for a card on the kiosk's reader for as long as the page shows it; `onCard` for each that is read. */
export function useCardReader(onCard: (card: Card) => void): Reader {
  const [reader, setReader] = useState<Reader>("off");
  const latest = useRef(onCard);
  latest.current = onCard;
  useEffect(() => {
    if (document.documentElement.dataset.door !== "kiosk") return;
    const stop = new AbortController();
    watch(stop.signal, setReader, (card) => latest.current(card)).catch(console.error);
    return () => stop.abort();
  }, []);
  return reader;
}

async function watch(
  signal: AbortSignal,
  tell: (reader: Reader) => void,
  onCard: (card: Card) => void,
): Promise<void> {
  const { card_reader: url } = await api.court();
  let read = false;
  if (url && !signal.aborted) tell("waiting");
  while (url && !signal.aborted) {
    const reading = await ask(url, signal);
    if (signal.aborted) return;
    if (typeof reading === "object") onCard(reading);
    // A card that was read stays said; a reader that is back, or whose bad card was taken away, waits again.
    read = typeof reading === "object" || (read && reading === "none");
    tell(read ? "read" : reading === "unreadable" || reading === "away" ? reading : "waiting");
    await new Promise((done) => setTimeout(done, reading === "away" ? AWAY_MS : PAUSE_MS));
  }
}
