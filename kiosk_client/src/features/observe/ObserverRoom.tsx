import { useEffect, useState } from "preact/hooks";
import { api } from "../../protocol/api.ts";
import { type Hearing, joinHearing } from "../../state/hearing.ts";
import { type HearingMedia, joinMedia } from "../../state/media.ts";
import { either, text } from "../../text/index.ts";
import { Banner, Button, Icon } from "../../ui/index.ts";
import { WithExhibit } from "../exhibits/WithExhibit.tsx";
import { InterpretationSwitch } from "../hearing/InterpretationSwitch.tsx";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { Stage } from "../hearing/Stage.tsx";
import { StatusBar } from "../hearing/StatusBar.tsx";
import { Captions } from "../minutes/Captions.tsx";
import { EndCard, isOver, PauseCard, StateCard } from "../party/Cards.tsx";
import { Reconnect } from "../party/Reconnect.tsx";
import { Watermark } from "./Watermark.tsx";
import "./observe.css";

interface Props {
  session: string;
  name: string;
}

const HIDDEN_STATES = new Set(["closed_evidence", "off_record_mediation", "deliberating"]);

function Picture({ hearing, media, name }: { hearing: Hearing; media: HearingMedia; name: string }) {
  const t = text();
  const o = t.party.observe;
  const link = hearing.link.value;
  const { hearing: view, me } = hearing.state.value;
  if (link.at === "ended") {
    return <StateCard icon="network" title={t.party.cards.ended} lead={either(link.zh, link.en)} />;
  }
  if (!view) return <p class="stage-empty">{t.common.loading}</p>;
  if (isOver(view)) return <EndCard view={view} />;
  if (HIDDEN_STATES.has(view.state)) return <StateCard icon="lock" title={o.hidden} />;
  return (
    PauseCard({ view }) ?? (
      <>
        <WithExhibit hearing={hearing}>
          <Stage hearing={hearing} media={media} empty={o.wait} whole />
        </WithExhibit>
        <Captions hearing={hearing} />
        <Watermark words={o.watermark(name, me.slice(-6))} />
      </>
    )
  );
}

/** An observer's seat: the composed courtroom under a watermark, sound, type size; nothing is ever sent. */
export function ObserverRoom({ session, name }: Props) {
  const t = text();
  const o = t.party.observe;
  const [joined, setJoined] = useState<{ hearing: Hearing; media: HearingMedia } | null>(null);
  const [volume, setVolume] = useState(1);
  useEffect(() => {
    const hearing = joinHearing({ ticket: async () => (await api.observerTicket(session, name)).ticket });
    const media = joinMedia(hearing, { video: null, audio: null, receiveOnly: true });
    setJoined({ hearing, media });
    return () => {
      media.close();
      hearing.close();
    };
  }, [session, name]);
  if (!joined) return null;
  const { hearing, media } = joined;
  return (
    <div class="observe party">
      <StatusBar hearing={hearing} media={media} bare />
      {media.soundBlocked.value && (
        <Banner tone="warn" actions={<Button onClick={media.unlockSound}>{t.party.hearing.soundBlocked}</Button>} />
      )}
      <MediaNotes media={media} />
      <main class="observe-stage">
        <Picture hearing={hearing} media={media} name={name} />
      </main>
      <footer class="observe-foot">
        <label class="volume">
          <Icon name="speaker" />
          <span>{o.volume}</span>
          <input
            type="range"
            min={0}
            max={1}
            step={0.05}
            value={volume}
            onInput={(event) => {
              const next = Number(event.currentTarget.value);
              setVolume(next);
              media.setVolume(next);
            }}
          />
        </label>
        <InterpretationSwitch hearing={hearing} words />
        <PreferenceButtons words captions />
      </footer>
      <Reconnect hearing={hearing} />
    </div>
  );
}
