import { useEffect, useState } from "preact/hooks";
import type { PersonView } from "../../protocol/messages.ts";
import { Refused } from "../../protocol/socket.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { either, text } from "../../text/index.ts";
import { Banner, Button, Dialog } from "../../ui/index.ts";
import { ExhibitSheet, hasExhibits } from "../exhibits/ExhibitSheet.tsx";
import { WithExhibit } from "../exhibits/WithExhibit.tsx";
import { focusOf, onStage, pictureOf } from "../hearing/layout.ts";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { PersonTile } from "../hearing/PersonTile.tsx";
import { Captions } from "../minutes/Captions.tsx";
import { Transcript } from "../minutes/Transcript.tsx";
import { PauseCard } from "./Cards.tsx";
import { HelpDialog } from "./HelpDialog.tsx";
import { LeaveDialog } from "./LeaveDialog.tsx";
import { MoreDialog } from "./MoreDialog.tsx";
import { follow } from "./news.ts";
import { ToolBar } from "./ToolBar.tsx";
import "./party.css";

interface Props {
  hearing: Hearing;
  media: HearingMedia;
  onLeft: () => void;
  /** A phone has two cameras; a booth does not. */
  flip?: boolean;
}

/** Everything that must be said above the picture, the most urgent first. */
function Banners({ hearing, media }: { hearing: Hearing; media: HearingMedia }) {
  const t = text().party;
  const h = t.hearing;
  const broken = media.upHealth.value === "interrupted" || media.downHealth.value === "interrupted";
  const [away, setAway] = useState(false);
  useEffect(() => {
    const look = () => document.visibilityState === "hidden" && setAway(true);
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  useEffect(() => {
    if (!away) return;
    const timer = setTimeout(() => setAway(false), 15_000);
    return () => clearTimeout(timer);
  }, [away]);
  const view = hearing.state.value.hearing;
  return (
    <>
      {media.soundBlocked.value && (
        <Banner tone="warn" actions={<Button onClick={media.unlockSound}>{h.soundBlocked}</Button>} />
      )}
      {media.howling.value && (
        <Banner tone="bad" actions={<Button onClick={() => media.setMic(true)}>{h.micAgain}</Button>}>
          {media.howling.value === "tone" ? h.howlingTone : h.howlingEcho}
        </Banner>
      )}
      {broken && <Banner tone="warn">{t.reconnect.media}</Banner>}
      <MediaNotes media={media} />
      {away && <Banner tone="info">{h.away}</Banner>}
      {view?.state === "waiting" && <Banner tone="info">{h.notYet}</Banner>}
    </>
  );
}

/** The hearing as a party sees it: one large, oneself in the corner, the others in a strip, five buttons. */
export function Courtroom({ hearing, media, onLeft, flip }: Props) {
  const t = text();
  const [dialog, setDialog] = useState<"help" | "more" | "minutes" | "exhibits" | "leave" | null>(null);
  const [about, setAbout] = useState<number | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [news] = useState(() => follow(hearing));
  useEffect(() => news.stop, [news]);
  const state = hearing.state.value;
  const view = state.hearing;
  const self = hearing.self.value;
  if (!view || !self) return <p class="party-empty">{t.common.loading}</p>;

  const others = onStage(view).filter((one) => one.seat.participant !== state.me);
  const mine = others.some((one) => one.seat.participant === chosen) ? chosen : null;
  const focus = mine ?? focusOf(view, state.speakers, state.me);
  const strip = others.filter((one) => one.seat.participant !== focus);
  const tile = (person: PersonView) => ({
    hearing,
    media,
    person,
    picture: pictureOf(state.publications, person.seat.participant),
    speaking: state.speakers[0] === person.seat.participant,
  });
  const large = person(state, focus);
  const toast = news.toast.value;
  const refused = (cause: unknown) => {
    if (cause instanceof Refused) news.say({ tone: "warn", words: either(cause.zh, cause.english) });
    else throw cause;
  };
  const pause = PauseCard({ view });
  const withExhibits = hasExhibits(hearing);
  const exhibits = (number: number | null) => {
    setAbout(number);
    setDialog("exhibits");
  };

  return (
    <main class="courtroom">
      <Banners hearing={hearing} media={media} />
      <div class="court-floor">
        <div class="court-main">
          {pause ?? (
            <WithExhibit
              hearing={hearing}
              actions={
                withExhibits && (
                  <Button onClick={() => exhibits(view.exhibit?.number ?? null)}>
                    {exhibitsText().opinion.list}
                  </Button>
                )
              }
            >
              {large ? (
                <PersonTile {...tile(large)} fit="contain" />
              ) : (
                <p class="stage-empty">{t.party.hearing.empty}</p>
              )}
            </WithExhibit>
          )}
        </div>
        {!pause && (
          <div class="court-own">
            <PersonTile {...tile(self)} picture={null} own />
          </div>
        )}
        <Captions hearing={hearing} />
        {toast && (
          <div key={toast.seq} class={`toast notice-${toast.tone}`} role="alert">
            {toast.words}
          </div>
        )}
      </div>
      {strip.length > 0 && !pause && (
        <ul class="court-strip">
          {strip.map((one) => (
            <li key={one.seat.participant} class="strip-place">
              <button type="button" class="strip-tile" onClick={() => setChosen(one.seat.participant)}>
                <PersonTile {...tile(one)} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <ToolBar
        hearing={hearing}
        media={media}
        onRefused={refused}
        onHelp={() => setDialog("help")}
        onMore={() => setDialog("more")}
        onMinutes={() => setDialog("minutes")}
        onExhibits={withExhibits ? () => exhibits(null) : undefined}
      />
      <ExhibitSheet hearing={hearing} open={dialog === "exhibits"} about={about} onClose={() => setDialog(null)} />
      <HelpDialog hearing={hearing} open={dialog === "help"} onClose={() => setDialog(null)} />
      <Dialog
        open={dialog === "minutes"}
        form="sheet"
        title={t.minutes.title}
        onClose={() => setDialog(null)}
        actions={<Button onClick={() => setDialog(null)}>{t.common.close}</Button>}
      >
        <div class="minutes-panel">
          {dialog === "minutes" && <Transcript hearing={hearing} />}
          <p class="soft small">{t.minutes.note}</p>
        </div>
      </Dialog>
      <MoreDialog
        hearing={hearing}
        media={media}
        flip={flip}
        open={dialog === "more"}
        onClose={() => setDialog(null)}
        onLeave={() => setDialog("leave")}
        onMinutes={() => setDialog("minutes")}
        onExhibits={withExhibits ? () => exhibits(null) : undefined}
      />
      <LeaveDialog hearing={hearing} open={dialog === "leave"} onClose={() => setDialog(null)} onLeft={onLeft} />
    </main>
  );
}
