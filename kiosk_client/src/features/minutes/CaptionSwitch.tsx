import { captions } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { Icon } from "../../ui/index.ts";

/** Shows or hides captions, and is remembered; stands beside language and size. */
export function CaptionSwitch({ words = false }: { words?: boolean }) {
  const t = text().minutes;
  return (
    <button
      type="button"
      class="preference"
      aria-label={t.captionsSwitch}
      aria-pressed={captions.value}
      onClick={() => {
        captions.value = !captions.value;
      }}
    >
      <Icon name="captions" />
      {words && <span>{t.captions}</span>}
    </button>
  );
}
