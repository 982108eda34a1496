import { useEffect, useState } from "preact/hooks";
import type { TranscribingMessage } from "../../protocol/messages.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { captionsAt, type Spoken } from "../../state/minutes.ts";
import { captions } from "../../state/preferences.ts";
import { either, text } from "../../text/index.ts";
import { roleOf, titleOf } from "../hearing/words.ts";
import "./captions.css";

interface Props {
  hearing: Hearing;
  /** over: upon the picture, above its name plates; strip: a place of its own on the court's wall. */
  form?: "over" | "strip";
}

/** Below this nobody notices; above it people should know that the text is not of this moment. */
const LATE_MS = 5_000;
const SAID_FOR_MS = 15_000;

/** Why there are no captions, or how late they are; empty when all is well. */
export function captionTrouble(standing: TranscribingMessage | null): string {
  const t = text().minutes;
  if (!standing) return "";
  if (!standing.available) return t.unavailable(either(standing.zh, standing.en));
  return standing.behind_ms >= LATE_MS ? t.behind(Math.round(standing.behind_ms / 1000)) : "";
}

/** What the last speakers say, with role and name. Nothing before anybody speaks; it never takes a click away. */
export function Captions({ hearing, form = "over" }: Props) {
  const wall = form === "strip";
  const state = hearing.minutes.state.value;
  const spoken = captionsAt(state, performance.now());
  useBeat(state.captions.length > 0);
  const trouble = captionTrouble(state.standing);
  const told = useWhile(trouble);
  if (!wall && !captions.value) return null;
  const running = hearing.state.value.hearing?.state === "in_session";
  // On the picture the reason is told for a while; it stays to be read at the switch and in the transcript.
  const words = running && (state.standing?.available || told) ? trouble : "";
  const last = [...spoken].reverse().find((one) => one.final);
  return (
    <section class={`captions captions-${form}`} aria-label={text().minutes.captions}>
      {spoken.map((one) => (
        <Caption key={one.participant} hearing={hearing} spoken={one} />
      ))}
      {words && !wall && (
        <p class="caption-state" role="status">
          {words}
        </p>
      )}
      {/* Who listens to a screen reader hears finished sentences, not each word as it grows. */}
      {!wall && (
        <p class="only-read" aria-live="polite">
          {last && `${titleIn(hearing, last)}：${last.text}`}
        </p>
      )}
    </section>
  );
}

function titleIn(hearing: Hearing, spoken: Spoken): string {
  const who = person(hearing.state.value, spoken.participant);
  return who ? titleOf(who) : text().minutes.someone;
}

function Caption({ hearing, spoken }: { hearing: Hearing; spoken: Spoken }) {
  const t = text().minutes;
  const who = person(hearing.state.value, spoken.participant);
  return (
    <p class={`caption${spoken.final ? "" : " caption-interim"}`} aria-hidden="true">
      <span class="caption-who">
        {who ? roleOf(who) : t.someone} <strong>{who?.seat.name}</strong>
        {spoken.late && `（${t.late}）`}
      </span>
      {/* Anchored at its end: of a long speech the newest words are in sight. */}
      <span class="caption-text">
        <span>{spoken.text}</span>
      </span>
    </p>
  );
}

/** Looks again twice a second while something is shown: what was read goes away by itself. */
function useBeat(running: boolean): void {
  const [, beat] = useState(0);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => beat((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [running]);
}

/** True for a while after `words` have changed to something. */
function useWhile(words: string): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    setShown(words !== "");
    const timer = setTimeout(() => setShown(false), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return shown;
}
