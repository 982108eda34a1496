import { useEffect, useState } from "preact/hooks";
import type { ConsoleApi, CramRow } from "../../protocol/console.ts";
import { agendaText } from "../../text/agenda.ts";
import { consoleText } from "../../text/console.ts";
import { either } from "../../text/index.ts";
import { Button, Choice, FilePick, Notice, TextArea } from "../../ui/index.ts";
import { groupName } from "../meeting/names.ts";
import { Ask, failureText, Unfit } from "../order/Ask.tsx";
import { digestOf } from "./digest.ts";

interface Props {
  api: ConsoleApi;
  motion: string;
  judge: boolean;
  /** Shut while another vote may come first. */
  open: boolean;
}

/** 企业破产法 87(2): the six conditions for a plan that failed, each with the groups that refused and the finding. */
export function CramPanel({ api, motion, judge, open }: Props) {
  const t = agendaText().cram;
  const [rows, setRows] = useState<CramRow[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [entering, setEntering] = useState<CramRow | null>(null);
  useEffect(() => {
    api.cram(motion).then(setRows, (cause) => setProblem(failureText(cause)));
  }, [api, motion]);
  return (
    <details open={open}>
      <summary>{t.title}</summary>
      <p class="small soft">
        {t.lead} {!judge && t.judgeOnly}
      </p>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <ol class="run-cram">
        {rows?.map((row) => (
          <li key={row.number}>
            <p>{either(row.zh, row.en)}</p>
            {row.failed.length > 0 && <p class="small">{t.failed(row.failed.map(groupName).join("、"))}</p>}
            <p>
              <span class={`tag ${row.by_vote || row.claimed ? "tag-ok" : ""}`}>{standing(row)}</span>
            </p>
            {row.finding && <p class="small soft">{row.finding}</p>}
            {judge && !row.by_vote && (
              <Button onClick={() => setEntering(row)} aria-label={`${t.enter}：${t.dialog(row.number)}`}>
                {row.claimed === null ? t.enter : t.again}
              </Button>
            )}
          </li>
        ))}
      </ol>
      {entering && (
        <Finding
          row={entering}
          onSave={async (entry) => setRows(await api.enterCram(motion, entry))}
          onClose={() => setEntering(null)}
        />
      )}
    </details>
  );
}

function standing(row: CramRow): string {
  const t = agendaText().cram;
  if (row.claimed !== null) return row.claimed ? t.met : t.unmet;
  return row.by_vote ? t.byVote : t.pending;
}

interface FindingProps {
  row: CramRow;
  onSave: (entry: { condition: number; claimed: boolean; finding: string; evidence: string }) => Promise<void>;
  onClose: () => void;
}

function Finding({ row, onSave, onClose }: FindingProps) {
  const t = agendaText().cram;
  const { people, roll } = consoleText();
  const [claimed, setClaimed] = useState("");
  const [finding, setFinding] = useState(row.finding);
  const [evidence, setEvidence] = useState<File | null>(null);
  return (
    <Ask
      title={t.dialog(row.number)}
      yes={t.save}
      onYes={async () => {
        if (!claimed || !finding.trim()) throw new Unfit(t.missing);
        await onSave({
          condition: row.number,
          claimed: claimed === "yes",
          finding: finding.trim(),
          evidence: evidence ? await digestOf(evidence) : "",
        });
      }}
      onClose={onClose}
    >
      <p>{either(row.zh, row.en)}</p>
      <Choice
        legend={t.claimed}
        options={[
          { value: "yes", label: t.yes },
          { value: "no", label: t.no },
        ]}
        value={claimed}
        onChange={setClaimed}
      />
      <TextArea label={t.finding} value={finding} onInput={setFinding} />
      <FilePick
        label={t.evidence}
        choose={roll.choose}
        none={people.documentHint}
        accept="image/*,.pdf"
        value={evidence}
        onPick={setEvidence}
      />
    </Ask>
  );
}
