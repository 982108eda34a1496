import type { Instruction } from "../../protocol/console.ts";
import type { Choice, MotionView } from "../../protocol/meeting.ts";
import { agendaText } from "../../text/agenda.ts";
import { meetingText } from "../../text/meeting.ts";
import { Select, Tick } from "../../ui/index.ts";

/** On what somebody may vote for another: null is on all; else each motion with the instruction, or none. */
export type Scope = ReadonlyMap<string, Choice | ""> | null;

const TOLD: readonly Choice[] = ["agree", "against", "abstain"];

/** As the server takes it. */
export function scopeBody(scope: Scope): { motions: string[]; instructions: Instruction[] } {
  const given = [...(scope ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    motions: given.map(([motion]) => motion),
    instructions: given.flatMap(([motion, choice]) => (choice ? [{ choice, motion }] : [])),
  };
}

interface Props {
  motions: readonly MotionView[];
  scope: Scope;
  onChange: (scope: Scope) => void;
}

/** 全权或特别授权: all motions, or some of them, each with an instruction where the paper has one. */
export function MandateScope({ motions, scope, onChange }: Props) {
  const t = agendaText().scope;
  const { choices } = meetingText();
  const listed = motions.filter((motion) => motion.round === 1);
  if (listed.length === 0) return null;
  const put = (motion: string, choice: Choice | "" | null) => {
    const next = new Map(scope ?? []);
    if (choice === null) next.delete(motion);
    else next.set(motion, choice);
    onChange(next);
  };
  return (
    <fieldset class="run-pick">
      <legend>{t.legend}</legend>
      {[true, false].map((all) => (
        <label key={String(all)} class="tick">
          <input
            type="radio"
            name="scope"
            checked={(scope === null) === all}
            onChange={() => onChange(all ? null : new Map())}
          />
          <span>{all ? t.all : t.some}</span>
        </label>
      ))}
      {scope !== null &&
        listed.map(({ motion, title }) => (
          <div key={motion} class="stack">
            <Tick checked={scope.has(motion)} onChange={(on) => put(motion, on ? "" : null)}>
              {title}
            </Tick>
            {scope.has(motion) && (
              <Select
                label={t.instruct(title)}
                value={scope.get(motion) ?? ""}
                options={[
                  { value: "", label: t.free },
                  ...TOLD.map((choice) => ({ value: choice as string, label: t.told(choices[choice]) })),
                ]}
                onChange={(value) => put(motion, value as Choice | "")}
              />
            )}
          </div>
        ))}
    </fieldset>
  );
}
