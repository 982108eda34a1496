import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { Banner, Button } from "../../ui/index.ts";
import { ControlBar } from "../bench/ControlBar.tsx";
import { WithExhibit } from "../exhibits/WithExhibit.tsx";
import { Stage, StatusBar } from "../hearing/index.ts";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { useOwnMedia } from "../hearing/useMedia.ts";
import { CaptionSwitch } from "../minutes/CaptionSwitch.tsx";
import { Captions } from "../minutes/Captions.tsx";
import "../bench/bench.css";
import "./seats.css";

/** The courtroom as the clerk sees and hears it, with the clerk's own devices. */
export function CourtroomView({ hearing, zone }: { hearing: Hearing; zone: string }) {
  const { bench: t } = courtText();
  const { media, problem, retry } = useOwnMedia(hearing);
  const rights = hearing.state.value.rights;
  return (
    <section class="panel courtroom-view">
      <StatusBar hearing={hearing} media={media} zone={zone} bare>
        <CaptionSwitch words />
      </StatusBar>
      {problem && (
        <Banner tone="warn" actions={<Button onClick={retry}>{t.devicesRetry}</Button>}>
          {t.devicesFailed}
        </Banner>
      )}
      {media?.soundBlocked.value && (
        <Banner
          tone="info"
          actions={
            <Button icon="speaker" onClick={() => media.unlockSound()}>
              {t.soundOff}
            </Button>
          }
        />
      )}
      <MediaNotes media={media} />
      <div class="courtroom-stage">
        <WithExhibit hearing={hearing}>
          <Stage hearing={hearing} media={media} empty={t.waitingJudge} />
        </WithExhibit>
        <Captions hearing={hearing} />
      </div>
      <div class="courtroom-controls">
        <ControlBar
          hearing={hearing}
          media={media}
          mayOrder={rights.includes("keep_order")}
          mayArrange={rights.includes("arrange")}
        />
      </div>
    </section>
  );
}
