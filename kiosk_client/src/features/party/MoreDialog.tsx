import { openDevices } from "../../media/devices.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Lamp } from "../../ui/index.ts";
import { Withdraw } from "../gate/Withdraw.tsx";
import { InterpretationSwitch } from "../hearing/InterpretationSwitch.tsx";
import { onStage } from "../hearing/layout.ts";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { roleOf } from "../hearing/words.ts";
import { captionTrouble } from "../minutes/Captions.tsx";

interface Props {
  hearing: Hearing;
  media: HearingMedia;
  open: boolean;
  onClose: () => void;
  onLeave: () => void;
  onMinutes: () => void;
  onExhibits?: (() => void) | undefined;
  /** Front and back camera: phones only. */
  flip?: boolean;
}

let facing: "user" | "environment" = "user";

async function flipCamera(media: HearingMedia): Promise<void> {
  facing = facing === "user" ? "environment" : "user";
  // Phones open only one camera at a time: let go of the old one first.
  await media.setTrack("camera", null);
  const { video } = await openDevices({ video: true, audio: false, facing });
  if (video) await media.setTrack("camera", video);
}

/** What is needed seldom: sound only, the other camera, who is here, language and type, leaving. */
export function MoreDialog({ hearing, media, open, onClose, onLeave, onMinutes, onExhibits, flip }: Props) {
  const t = text();
  const m = t.party.more;
  const state = hearing.state.value;
  const trouble = captionTrouble(hearing.minutes.state.value.standing);
  const chosen = media.audioOnly.value === "chosen";
  return (
    <Dialog
      open={open}
      form="sheet"
      title={m.title}
      onClose={onClose}
      actions={
        <>
          <Button kind="danger" icon="leave" onClick={onLeave}>
            {m.leave}
          </Button>
          <Button onClick={onClose}>{t.common.close}</Button>
        </>
      }
    >
      <div class="stack">
        <div class="row">
          <Button icon={chosen ? "camera" : "speaker"} onClick={() => media.setAudioOnly(!chosen)}>
            {chosen ? m.audioOnlyOff : m.audioOnly}
          </Button>
          {flip && (
            <Button icon="swap" onClick={() => void flipCamera(media)}>
              {m.flip}
            </Button>
          )}
          <Button icon="doc" onClick={onMinutes}>
            {t.minutes.open}
          </Button>
          {onExhibits && (
            <Button icon="clip" onClick={onExhibits}>
              {exhibitsText().open}
            </Button>
          )}
          <Withdraw hearing={hearing} />
        </div>
        <div class="row">
          <PreferenceButtons words captions />
          <InterpretationSwitch hearing={hearing} words />
        </div>
        {trouble && <p class="soft small">{trouble}</p>}
        <section>
          <h3>{m.people}</h3>
          <ul class="queue">
            {state.hearing &&
              onStage(state.hearing).map((one) => (
                <li key={one.seat.participant}>
                  <span class="queue-role">{roleOf(one)}</span>
                  <span class="grow">{one.seat.name}</span>
                  <Lamp tone={one.presence === "dropped" ? "lost" : "good"}>{t.common.presence[one.presence]}</Lamp>
                </li>
              ))}
          </ul>
        </section>
        <p class="soft small">{m.witness(state.heads.length)}</p>
      </div>
    </Dialog>
  );
}
