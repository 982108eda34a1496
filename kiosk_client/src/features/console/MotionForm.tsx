import { useState } from "preact/hooks";
import type { Console, ConsoleApi } from "../../protocol/console.ts";
import {
  ballotsValues,
  type Group,
  groupValues,
  matterValues,
  type Options,
  securedValues,
  silentValues,
} from "../../protocol/meeting.ts";
import { agendaText } from "../../text/agenda.ts";
import { consoleText } from "../../text/console.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Field, Notice, Select, Tick } from "../../ui/index.ts";
import { groupName } from "../meeting/names.ts";
import { failureText } from "../order/Ask.tsx";
import { Pick } from "./Pick.tsx";
import { RareOptions } from "./RareOptions.tsx";

const USUAL: Options = {
  ballots: "final",
  bloc: [],
  court_ref: "",
  equity_base: "present",
  resolution: "",
  secured: "exclude",
  silent: "signed_in",
};

interface Props {
  api: ConsoleApi;
  onConsole: (console: Console) => void;
  onClose: () => void;
}

/** A motion for the agenda: the matter in the statute's words, and what each choice of the meeting means. */
export function MotionForm({ api, onConsole, onClose }: Props) {
  const t = consoleText();
  const m = t.motion;
  const [title, setTitle] = useState("");
  const [matter, setMatter] = useState<(typeof matterValues)[number]>("ordinary");
  const [groups, setGroups] = useState<Group[]>([]);
  const [options, setOptions] = useState<Options>(USUAL);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const deemed = options.silent === "deemed_agree";
  const grouped = matter === "plan";

  async function save() {
    if (!title.trim()) return setProblem(m.nameMissing);
    if (grouped && groups.length === 0) return setProblem(m.groupsMissing);
    if (options.bloc.some((bloc) => !bloc.representative.trim())) return setProblem(agendaText().bloc.missing);
    if (deemed && !(options.court_ref.trim() && options.resolution.trim())) return setProblem(m.refsMissing);
    setBusy(true);
    setProblem(null);
    try {
      const chosen = cleaned(options, deemed, grouped ? groups : null);
      onConsole(await api.addMotion({ title: title.trim(), matter, groups: grouped ? groups : [], options: chosen }));
      onClose();
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      title={m.add}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" disabled={busy} onClick={() => void save()}>
            {m.save}
          </Button>
        </>
      }
    >
      <div class="stack">
        <Field label={m.name} value={title} onInput={setTitle} maxLength={500} required />
        <Select
          label={m.matter}
          value={matter}
          options={matterValues.map((value) => ({ value, label: t.matters[value] }))}
          onChange={(value) => setMatter(value as typeof matter)}
        />
        <p class="small soft run-matter">{t.matters[matter]}</p>
        {grouped && (
          <fieldset class="run-groups">
            <legend>{m.groupsLegend}</legend>
            {groupValues.map((group) => (
              <Tick
                key={group}
                checked={groups.includes(group)}
                onChange={(on) => setGroups(on ? [...groups, group] : groups.filter((other) => other !== group))}
              >
                {groupName(group)}
              </Tick>
            ))}
          </fieldset>
        )}
        <Pick
          legend={m.silent}
          values={silentValues}
          words={t.silents}
          value={options.silent}
          usual="signed_in"
          onChange={(silent) => setOptions({ ...options, silent })}
        />
        {deemed && (
          <>
            <Field
              label={m.resolution}
              value={options.resolution}
              onInput={(resolution) => setOptions({ ...options, resolution })}
              maxLength={500}
            />
            <Field
              label={m.courtRef}
              value={options.court_ref}
              onInput={(court_ref) => setOptions({ ...options, court_ref })}
              maxLength={500}
            />
          </>
        )}
        {!grouped && (
          <Pick
            legend={m.secured}
            values={securedValues}
            words={t.secureds}
            value={options.secured}
            usual="exclude"
            onChange={(secured) => setOptions({ ...options, secured })}
          />
        )}
        <Pick
          legend={m.ballots}
          values={ballotsValues}
          words={t.ballotses}
          value={options.ballots}
          usual="final"
          onChange={(ballots) => setOptions({ ...options, ballots })}
        />
        <RareOptions matter={matter} groups={groups} options={options} onChange={setOptions} />
        <p class="small soft">{m.keepNote}</p>
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

/** Without what was filled in and then chosen against. */
function cleaned(options: Options, deemed: boolean, groups: readonly Group[] | null): Options {
  return {
    ...options,
    ...(deemed ? {} : { court_ref: "", resolution: "" }),
    equity_base: groups?.includes("equity") ? options.equity_base : "present",
    bloc: options.bloc
      .filter(({ group }) => !groups || groups.includes(group))
      .map(({ group, representative }) => ({ group, representative: representative.trim() })),
  };
}
