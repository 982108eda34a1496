import type { HearingMedia } from "../../state/media.ts";
import { text } from "../../text/index.ts";
import { Banner, Button } from "../../ui/index.ts";

/** Says why there is no picture, on every page that could show one. */
export function SoundOnly({ media }: { media: HearingMedia | null }) {
  const h = text().party.hearing;
  const why = media?.audioOnly.value;
  if (!media || !why) return null;
  return (
    <Banner
      tone={why === "chosen" ? "info" : "warn"}
      actions={why === "chosen" && <Button onClick={() => media.setAudioOnly(false)}>{h.pictureBack}</Button>}
    >
      {{ loss: h.audioOnlyLoss, slow: h.audioOnlySlow, chosen: h.audioOnlyChosen }[why]}
    </Banner>
  );
}
