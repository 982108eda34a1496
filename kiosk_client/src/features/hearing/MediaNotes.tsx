import type { HearingMedia } from "../../state/media.ts";
import { text } from "../../text/index.ts";
import { Banner, Button } from "../../ui/index.ts";

/** Says what keeps pictures or sound away from the whole page, on every page that could show them. */
export function MediaNotes({ media }: { media: HearingMedia | null }) {
  const h = text().party.hearing;
  const why = media?.audioOnly.value;
  const crowded = media?.crowded.value;
  if (!media || !(why || crowded)) return null;
  return (
    <>
      {crowded && <Banner tone="warn">{h.crowded[crowded]}</Banner>}
      {why && (
        <Banner
          tone={why === "chosen" ? "info" : "warn"}
          actions={why === "chosen" && <Button onClick={() => media.setAudioOnly(false)}>{h.pictureBack}</Button>}
        >
          {{ loss: h.audioOnlyLoss, slow: h.audioOnlySlow, chosen: h.audioOnlyChosen }[why]}
        </Banner>
      )}
    </>
  );
}
