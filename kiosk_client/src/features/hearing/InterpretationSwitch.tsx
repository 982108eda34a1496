import type { Hearing } from "../../state/hearing.ts";
import { isInterpreted } from "../../state/interpretation.ts";
import { interpretation } from "../../state/preferences.ts";
import { text } from "../../text/index.ts";
import { Icon } from "../../ui/index.ts";

/** Hear the interpreter above the others while they speak. Not there where nobody interprets. */
export function InterpretationSwitch({ hearing, words = false }: { hearing: Hearing; words?: boolean }) {
  const t = text().minutes;
  if (!isInterpreted(hearing.state.value.hearing)) return null;
  return (
    <button
      type="button"
      class="preference"
      aria-label={t.interpretationSwitch}
      title={t.interpretationSwitch}
      aria-pressed={interpretation.value}
      onClick={() => {
        interpretation.value = !interpretation.value;
      }}
    >
      <Icon name="speaker" />
      <span>{words ? t.interpretation : t.interpretationShort}</span>
    </button>
  );
}
