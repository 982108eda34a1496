import type { Phase } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Icon } from "../../ui/index.ts";
import { act } from "../bench/act.ts";
import { phaseMarks } from "./phases.ts";
import "./flow.css";

interface Props {
  hearing: Hearing;
  visited: ReadonlySet<Phase>;
  mayRun: boolean;
}

/** The procedure as a checklist: what was done, where the hearing is, one click to go on. */
export function FlowRail({ hearing, visited, mayRun }: Props) {
  const { bench: t } = courtText();
  const words = text().common.phases;
  const view = hearing.state.value.hearing;
  if (!view) return null;
  const open = view.opened_utc_ms !== null && mayRun && view.moves.length > 0 && view.state !== "closed";
  return (
    <section class="rail-box" aria-label={t.flow}>
      <h3 class="rail-title">{t.flow}</h3>
      <ol class="flow">
        {phaseMarks(view.phase, visited).map(({ phase, mark }) => (
          <li key={phase} class={`flow-${mark}`}>
            <button
              type="button"
              disabled={!open || mark === "now"}
              aria-current={mark === "now" ? "step" : undefined}
              onClick={() => act(hearing.do({ do: "phase", phase }))}
            >
              <span class="flow-sign">{mark === "done" && <Icon name="check" />}</span>
              <span>{phase === "closing" ? t.flowClosing : words[phase]}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
