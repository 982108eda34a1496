import { useEffect, useState } from "preact/hooks";
import { type LookKind, type SupervisedHearing, supervisionApi } from "../../protocol/supervision.ts";
import { type Hearing, joinHearing } from "../../state/hearing.ts";
import { type HearingMedia, joinMedia } from "../../state/media.ts";
import { courtText } from "../../text/court.ts";
import { either, text } from "../../text/index.ts";
import { Banner, Button, Icon } from "../../ui/index.ts";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { Stage } from "../hearing/Stage.tsx";
import { StatusBar } from "../hearing/StatusBar.tsx";
import { Captions } from "../minutes/Captions.tsx";
import { Watermark } from "../observe/Watermark.tsx";
import { StateCard } from "../party/Cards.tsx";
import { Reconnect } from "../party/Reconnect.tsx";
import "../observe/observe.css";
import "./supervise.css";

interface Props {
  hearing: SupervisedHearing;
  kind: LookKind;
  reason: string;
  name: string;
  onEnd: () => void;
}

/** One look: it begins when this appears and ends when it goes, whichever way. */
export function LookRoom({ hearing: wanted, kind, reason, name, onEnd }: Props) {
  const [joined, setJoined] = useState<{ hearing: Hearing; media: HearingMedia } | null>(null);
  useEffect(() => {
    const hearing = joinHearing({ ticket: async () => (await supervisionApi.look(wanted.id, kind, reason)).ticket });
    const media = joinMedia(hearing, { video: null, audio: null, receiveOnly: true });
    setJoined({ hearing, media });
    return () => {
      media.close();
      // Left, so that the log has the end of the look at once; a lost connection ends it as well, later.
      void hearing
        .do({ do: "leave" })
        .catch(() => undefined)
        .finally(() => hearing.close());
    };
  }, [wanted.id, kind, reason]);
  if (!joined) return null;
  return <Room {...joined} kind={kind} name={name} onEnd={onEnd} />;
}

interface RoomProps {
  hearing: Hearing;
  media: HearingMedia;
  kind: LookKind;
  name: string;
  onEnd: () => void;
}

function Room({ hearing, media, kind, name, onEnd }: RoomProps) {
  const t = courtText().supervise;
  const p = text().party;
  const { hearing: view, me } = hearing.state.value;
  const link = hearing.link.value;
  const looking = view?.looks.some((look) => look.participant === me) ?? false;
  const [begun, setBegun] = useState(false);
  useEffect(() => {
    if (looking) setBegun(true);
  }, [looking]);
  const over = link.at === "ended" || (begun && view !== null && !looking && link.at === "open");
  return (
    <div class="observe party look">
      <StatusBar hearing={hearing} media={media} bare />
      {media.soundBlocked.value && (
        <Banner tone="warn" actions={<Button onClick={media.unlockSound}>{p.hearing.soundBlocked}</Button>} />
      )}
      <MediaNotes media={media} />
      <main class="observe-stage">
        {over ? (
          <StateCard
            icon="lock"
            title={t.ended}
            lead={link.at === "ended" ? either(link.zh, link.en) : t.endedClosed}
          >
            <Button kind="primary" onClick={onEnd}>
              {t.back}
            </Button>
          </StateCard>
        ) : !looking ? (
          <p class="stage-empty">{t.waiting}</p>
        ) : (
          <>
            {kind === "sound" ? (
              <StateCard icon="speaker" title={t.soundOnly} lead={t.soundOnlyHint} />
            ) : (
              <Stage hearing={hearing} media={media} empty={p.observe.wait} whole />
            )}
            {kind !== "picture" && <Captions hearing={hearing} />}
            <Watermark words={t.watermark(name, me.slice(-6))} />
          </>
        )}
      </main>
      <footer class="observe-foot">
        <p class="look-told" role="status">
          {looking && (
            <>
              <Icon name="doc" /> {t.looking}
              {t.of(t.only[kind])}
            </>
          )}
        </p>
        {kind !== "picture" && <Volume media={media} label={p.observe.volume} />}
        <PreferenceButtons captions />
        <Button kind="primary" icon="leave" onClick={onEnd}>
          {t.end}
        </Button>
      </footer>
      <Reconnect hearing={hearing} />
    </div>
  );
}

function Volume({ media, label }: { media: HearingMedia; label: string }) {
  const [volume, setVolume] = useState(1);
  return (
    <label class="volume">
      <Icon name="speaker" />
      <span>{label}</span>
      <input
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={volume}
        aria-label={label}
        onInput={(event) => {
          const next = Number(event.currentTarget.value);
          setVolume(next);
          media.setVolume(next);
        }}
      />
    </label>
  );
}
