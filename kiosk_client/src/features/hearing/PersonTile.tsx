import { useEffect, useRef } from "preact/hooks";
import type { PersonView, Publication } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import type { HearingMedia } from "../../state/media.ts";
import { text } from "../../text/index.ts";
import { NamePlate, VideoTile } from "../../ui/index.ts";
import { initialOf, roleOf, titleOf } from "./words.ts";

interface Props {
  hearing: Hearing;
  media: HearingMedia | null;
  person: PersonView;
  /** What shows the person; null: nothing is published. Not asked for with one's own picture. */
  picture?: Publication | null;
  speaking?: boolean;
  /** Own picture: mirrored, as in a looking-glass. */
  own?: boolean;
  fit?: "cover" | "contain";
  plate?: boolean;
}

/** One person's picture with name plate, and in words whatever keeps the picture away. */
export function PersonTile({ hearing, media, person, picture = null, speaking, own, fit, plate = true }: Props) {
  const t = text().common;
  const frame = useRef<HTMLElement>(null);
  const id = picture?.id;
  useEffect(() => (id && media && frame.current ? media.watchTile(id, frame.current) : undefined), [media, id]);
  const only = media?.audioOnly.value ?? null;
  const soundOnly = own ? only !== null : only === "chosen";
  const ownStream = media?.cameraOn.value ? media.ownStream.value : null;
  const stream = (own ? ownStream : id && media?.streams.value.get(id)) || null;
  const held = id && !soundOnly ? hearing.state.value.deliveries[id]?.held : null;
  const why =
    person.presence === "dropped"
      ? t.presence.dropped
      : soundOnly
        ? t.audioOnly
        : picture && !person.video_muted
          ? t.connectingVideo
          : t.noVideo;
  const shown = person.presence === "dropped" || soundOnly || person.video_muted ? null : stream;
  const paused = shown && (held === "congestion" || held === "load") ? t.held[held] : undefined;
  // In the label, not announced: six pictures that pause at once would talk over the court.
  const label = [titleOf(person), speaking && t.speaking, paused].filter(Boolean).join("，");
  return (
    <VideoTile
      stream={shown}
      label={label}
      placeholder={why}
      silent={t.noSignal}
      initial={initialOf(person)}
      held={paused}
      frame={frame}
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
