import { useEffect, useState } from "preact/hooks";
import type { ConsoleApi, MandateRow } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import { agendaText } from "../../text/agenda.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Notice, Table } from "../../ui/index.ts";
import { Ask, failureText } from "../order/Ask.tsx";

interface Props {
  api: ConsoleApi;
  motions: readonly MotionView[];
  /** Read anew when this changes. */
  version: number;
  running: boolean;
}

/** Every mandate, for whom, by whom and on what; any of them can be ended. */
export function MandatePanel({ api, motions, version, running }: Props) {
  const t = agendaText().mandates;
  const [rows, setRows] = useState<MandateRow[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [ending, setEnding] = useState<MandateRow | null>(null);
  async function load() {
    try {
      setRows(await api.mandates());
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => void load(), [version]);
  return (
    <section class="panel run-people" aria-label={t.title}>
      <div class="panel-head">
        <h3>{t.title}</h3>
      </div>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {rows && (
        <Table
          caption={t.title}
          columns={[
            {
              key: "principal",
              title: t.principal,
              cell: (row) => <Who name={row.principal_name} id={row.principal} />,
            },
            { key: "agent", title: t.agent, cell: (row) => <Who name={row.agent_name} id={row.agent} /> },
            { key: "scope", title: t.scope, cell: (row) => <ScopeWords row={row} motions={motions} /> },
            {
              key: "state",
              title: "",
              cell: (row) => (
                <div class="row-end">
                  <span class={`tag ${row.revoked ? "" : "tag-ok"}`}>{row.revoked ? t.ended : t.standing}</span>
                  {!row.revoked && running && <Button onClick={() => setEnding(row)}>{t.revoke}</Button>}
                </div>
              ),
            },
          ]}
          rows={rows}
          rowKey={(row) => row.mandate}
          empty={t.none}
        />
      )}
      {ending && (
        <Ask
          title={t.revoke}
          yes={t.revoke}
          danger
          onYes={async () => {
            await api.revokeMandate(ending.mandate);
            await load();
          }}
          onClose={() => setEnding(null)}
        >
          <p>{t.revokeAsk(ending.agent_name, ending.principal_name)}</p>
        </Ask>
      )}
    </section>
  );
}

function Who({ name, id }: { name: string; id: string }) {
  return (
    <div>
      <strong>{name}</strong>
      <br />
      <span class="small soft digits run-number">{id}</span>
    </div>
  );
}

function ScopeWords({ row, motions }: { row: MandateRow; motions: readonly MotionView[] }) {
  const { mandates, scope } = agendaText();
  const { choices } = meetingText();
  if (row.motions.length === 0) return <span>{mandates.all}</span>;
  return (
    <div>
      {row.motions.map((motion) => {
        const told = row.instructions.find((each) => each.motion === motion);
        return (
          <div key={motion}>
            {motions.find((each) => each.motion === motion)?.title ?? motion}
            {told && <span class="small soft"> · {scope.told(choices[told.choice])}</span>}
          </div>
        );
      })}
    </div>
  );
}
