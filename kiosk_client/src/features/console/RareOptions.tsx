import { baseValues, type Group, groupValues, type Matter, type Options } from "../../protocol/meeting.ts";
import { agendaText } from "../../text/agenda.ts";
import { Field, Tick } from "../../ui/index.ts";
import { groupName } from "../meeting/names.ts";
import { Pick } from "./Pick.tsx";

interface Props {
  matter: Matter;
  groups: readonly Group[];
  options: Options;
  onChange: (options: Options) => void;
}

/** What few meetings choose: a group that votes as one head, and the investors' base. Shut until it is wanted. */
export function RareOptions({ matter, groups, options, onChange }: Props) {
  const t = agendaText();
  const voting = matter === "plan" ? groups : groupValues.filter((group) => group !== "equity");
  if (voting.length === 0) return null;
  const of = (group: Group) => options.bloc.find((bloc) => bloc.group === group);
  const others = (group: Group) => options.bloc.filter((bloc) => bloc.group !== group);
  const set = (group: Group, representative: string) =>
    // The log wants each group once, in order.
    onChange({
      ...options,
      bloc: [...others(group), { group, representative }].sort((a, b) => (a.group < b.group ? -1 : 1)),
    });
  return (
    <details>
      <summary>{t.special}</summary>
      <div class="stack">
        <fieldset class="run-groups">
          <legend>{t.bloc.legend}</legend>
          <p class="small soft">{t.bloc.hint}</p>
          {voting.map((group) => {
            const bloc = of(group);
            const name = groupName(group);
            return (
              <div key={group} class="stack">
                <Tick
                  checked={bloc !== undefined}
                  onChange={(on) => (on ? set(group, "") : onChange({ ...options, bloc: others(group) }))}
                >
                  {t.bloc.whole(name)}
                </Tick>
                {bloc && (
                  <Field
                    label={t.bloc.representative(name)}
                    value={bloc.representative}
                    onInput={(representative) => set(group, representative)}
                    maxLength={64}
                    autocomplete="off"
                  />
                )}
              </div>
            );
          })}
        </fieldset>
        {matter === "plan" && groups.includes("equity") && (
          <Pick
            legend={t.equity.legend}
            values={baseValues}
            words={t.equity.values}
            value={options.equity_base}
            usual="present"
            onChange={(equity_base) => onChange({ ...options, equity_base })}
          />
        )}
      </div>
    </details>
  );
}
