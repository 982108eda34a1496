import type { PersonView } from "../../protocol/messages.ts";
import { text } from "../../text/index.ts";
import { NamePlate, VideoTile } from "../../ui/index.ts";
import { initialOf, roleOf, titleOf } from "./words.ts";

interface Props {
  person: PersonView;
  stream: MediaStream | null;
  speaking?: boolean;
  /** Own picture: mirrored, as in a looking-glass. */
  own?: boolean;
  /** Pictures are given up for the sake of sound. */
  soundOnly?: boolean;
  /** Whether a track is published, so that "connecting" and "off" are told apart. */
  expected?: boolean;
  fit?: "cover" | "contain";
  plate?: boolean;
}

/** One person's picture with name plate, and in words whatever keeps the picture away. */
export function PersonTile({ person, stream, speaking, own, soundOnly, expected, fit, plate = true }: Props) {
  const t = text().common;
  const why =
    person.presence === "dropped"
      ? t.presence.dropped
      : soundOnly
        ? t.audioOnly
        : expected && !person.video_muted
          ? t.connectingVideo
          : t.noVideo;
  const label = `${titleOf(person)}${speaking ? `，${t.speaking}` : ""}`;
  const shown = person.presence === "dropped" || soundOnly || person.video_muted ? null : stream;
  return (
    <VideoTile
      stream={shown}
      label={label}
      placeholder={why}
      silent={t.noSignal}
      initial={initialOf(person)}
      speaking={speaking}
      mirrored={own}
      fit={fit}
    >
      {plate && (
        <NamePlate
          label={own ? t.me : roleOf(person)}
          name={person.seat.name}
          micOff={person.audio_muted}
          hand={person.hand_raised_ms !== null}
          words={{ micOff: t.muted, hand: t.handRaised }}
        />
      )}
    </VideoTile>
  );
}
