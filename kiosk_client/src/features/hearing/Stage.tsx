import { useEffect, useRef, useState } from "preact/hooks";
import { type Hearing, person } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { pictureOf, place } from "./layout.ts";
import { PersonTile } from "./PersonTile.tsx";
import "./hearing.css";

interface Props {
  hearing: Hearing;
  media: HearingMedia | null;
  /** Somebody shown elsewhere, e.g. oneself in a corner. */
  except?: string;
  /** What to say while nobody is there. */
  empty: string;
  /** Show every picture whole, on a large screen with room to spare; otherwise small ones are cropped to fill. */
  whole?: boolean;
}

/** Width by height of an element, following its size. */
export function useAspect(): [{ current: HTMLDivElement | null }, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [aspect, setAspect] = useState(16 / 9);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.contentRect;
      if (box && box.height > 0) setAspect(box.width / box.height);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, aspect];
}

const percent = (fraction: number) => `${(fraction * 100).toFixed(3)}%`;

/** Everybody in the courtroom, laid out as the court has ordered. */
export function Stage({ hearing, media, except, empty, whole }: Props) {
  const [ref, aspect] = useAspect();
  const state = hearing.state.value;
  const placed = state.hearing ? place(state.hearing, state.speakers, aspect, except) : [];
  return (
    <div class="stage" ref={ref}>
      {placed.length === 0 && <p class="stage-empty">{empty}</p>}
      {placed.map(({ participant, box, main }) => {
        const who = person(state, participant);
        if (!who) return null;
        const own = participant === state.me;
        const picture = own ? null : pictureOf(state.publications, participant);
        return (
          <div
            key={participant}
            class="stage-cell"
            style={{
              left: percent(box.x),
              top: percent(box.y),
              width: percent(box.width),
              height: percent(box.height),
            }}
          >
            <PersonTile
              hearing={hearing}
              media={media}
              person={who}
              picture={picture}
              speaking={state.speakers[0] === participant}
              own={own}
              fit={whole || main || picture?.source === "screen" ? "contain" : "cover"}
            />
          </div>
        );
      })}
    </div>
  );
}
