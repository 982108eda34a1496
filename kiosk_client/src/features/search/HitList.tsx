import { keyOf, type SearchHit } from "../../protocol/search.ts";
import { courtText } from "../../text/court.ts";
import { Button, duration, wallTime } from "../../ui/index.ts";
import { bySession } from "./question.ts";

interface Props {
  hits: readonly SearchHit[];
  zone: string;
  playing: string | null;
  onPlay: (hit: SearchHit) => void;
  onOpen: (hit: SearchHit) => void;
}

/** What was found, session by session. */
export function HitList({ hits, zone, playing, onPlay, onOpen }: Props) {
  const t = courtText().search;
  return (
    <>
      {bySession(hits).map((group) => {
        const [first] = group;
        if (!first) return null;
        return (
          <section key={first.session + first.line} class="hit-session">
            <header class="hit-head">
              <h2>{first.case_no}</h2>
              <span>{[t.hearing(first.hearing_no), first.title].filter(Boolean).join(" · ")}</span>
              <span class="soft digits">{wallTime(first.scheduled_utc_ms, "full", zone)}</span>
            </header>
            <ul class="hit-list">
              {group.map((hit) => (
                <Hit
                  key={keyOf(hit)}
                  hit={hit}
                  playing={playing === keyOf(hit)}
                  onPlay={() => onPlay(hit)}
                  onOpen={() => onOpen(hit)}
                />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

interface HitProps {
  hit: SearchHit;
  playing: boolean;
  onPlay: () => void;
  onOpen: () => void;
}

function Hit({ hit, playing, onPlay, onOpen }: HitProps) {
  const t = courtText().search;
  const at = duration(hit.at_ms);
  return (
    <li class={`hit${playing ? " hit-playing" : ""}`}>
      <time class="hit-time digits">{at}</time>
      <div class="hit-words">
        {hit.speaker && <span class="hit-speaker">{hit.speaker}</span>}
        <p>{hit.pieces.map((piece, n) => (piece.found ? <mark key={n}>{piece.text}</mark> : piece.text))}</p>
      </div>
      <div class="hit-tools">
        {hit.track ? (
          <Button
            kind="quiet"
            icon={playing ? "pause" : "speaker"}
            aria-label={playing ? t.stop : t.play(at, hit.speaker)}
            onClick={onPlay}
          >
            {playing ? t.stop : t.playWord}
          </Button>
        ) : (
          <span class="small soft">{t.written}</span>
        )}
        <Button kind="quiet" onClick={onOpen}>
          {t.open}
        </Button>
      </div>
    </li>
  );
}
