import { useEffect, useMemo } from "preact/hooks";
import { type Hearing, person } from "../../state/hearing.ts";
import { shownLines } from "../../state/minutes.ts";
import { language } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { Button } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { captionTrouble } from "./Captions.tsx";
import { LineRow } from "./LineRow.tsx";
import { paired } from "./pairs.ts";
import { useStick } from "./useStick.ts";
import "./minutes.css";

/** The transcript to read, as it grows: for parties and the bench. Loads all lines that the person may read. */
export function Transcript({ hearing, marks }: { hearing: Hearing; marks?: boolean }) {
  const t = text().minutes;
  useEffect(() => hearing.minutes.read(), [hearing]);
  const state = hearing.state.value;
  const minutes = hearing.minutes.state.value;
  const lines = useMemo(() => shownLines(minutes), [minutes.lines]);
  const pairs = useMemo(() => paired(lines), [lines]);
  const bilingual = pairs.some(({ given }) => given.length > 0);
  const people = state.hearing?.people;
  const rows = useMemo(
    () =>
      pairs.flatMap(({ line, given }) =>
        [line, ...given].map((one, at) => {
          const who = person(state, one.participant);
          const side = given.length === 0 ? undefined : at === 0 ? "original" : "given";
          return (
            <LineRow
              key={one.id}
              line={one}
              who={who && titleOf(who)}
              language={language.value}
              marks={marks}
              side={side}
            />
          );
        }),
      ),
    [pairs, people, marks, language.value],
  );
  const { ref, newer, toEnd } = useStick<HTMLOListElement>(lines.length, false);
  const trouble = captionTrouble(minutes.standing);
  return (
    <div class="minutes">
      {trouble && <p class="minutes-state small soft">{trouble}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ol class={`minutes-lines${bilingual ? " minutes-bilingual" : ""}`} ref={ref} aria-label={t.title} tabIndex={0}>
        {lines.length === 0 && <li class="minutes-empty">{t.empty}</li>}
        {rows}
      </ol>
      {newer > 0 && (
        <Button class="minutes-newer" kind="primary" onClick={toEnd}>
          {t.newer(newer)}
        </Button>
      )}
    </div>
  );
}
