import { useEffect, useState } from "preact/hooks";
import type { ConsoleApi, GroupTotal, RollSummary, RowNote } from "../../protocol/console.ts";
import { consoleText } from "../../text/console.ts";
import { either } from "../../text/index.ts";
import { Button, FilePick, Notice, Progress, Table } from "../../ui/index.ts";
import { heads, yuan } from "../meeting/money.ts";
import { groupName } from "../meeting/names.ts";
import { Ask, failureText } from "../order/Ask.tsx";

const PROGRESS_MS = 500;

interface Props {
  api: ConsoleApi;
  roll: RollSummary | null;
  onChange: () => Promise<void>;
}

/** 债权表: what there is, a new file with its refused rows named, and both totals side by side. */
export function RollPane({ api, roll, onChange }: Props) {
  const t = consoleText().roll;
  const [file, setFile] = useState<File | null>(null);
  const [told, setTold] = useState<RollSummary | null>(null);
  const [before, setBefore] = useState<RollSummary | null>(null);
  const [permille, setPermille] = useState<number | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [accepting, setAccepting] = useState(false);
  const [over, setOver] = useState(false);

  useEffect(() => {
    if (!busy) return;
    const timer = setInterval(
      () =>
        void api.rollProgress().then(
          (answer) => setPermille(answer.permille),
          () => undefined,
        ),
      PROGRESS_MS,
    );
    return () => clearInterval(timer);
  }, [busy]);

  function pick(next: File | null) {
    setFile(next);
    setTold(null);
    setProblem(null);
  }

  async function send(accept: boolean) {
    if (!file) return;
    setBusy(true);
    setPermille(null);
    setProblem(null);
    setBefore(roll);
    try {
      setTold(await api.importRoll(file, accept));
      await onChange();
    } catch (cause) {
      setProblem(failureText(cause));
    }
    setBusy(false);
  }

  const shown = told ?? roll;
  return (
    <section class="stack" aria-label={t.title}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the file can be chosen below */}
      <div
        class={`run-drop${over ? " run-drop-over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (!busy) pick(event.dataTransfer?.files[0] ?? null);
        }}
      >
        <p class="soft">{t.drop}</p>
        <FilePick
          label={t.label}
          choose={t.choose}
          none={t.noFile}
          accept=".csv,.xlsx,.txt"
          value={file}
          onPick={pick}
        />
        <Button kind="primary" disabled={!file || busy} onClick={() => void send(false)}>
          {t.import}
        </Button>
      </div>
      {busy &&
        (permille === null || permille >= 1000 ? (
          <Progress label={t.sending} />
        ) : (
          <Progress label={t.importing} value={permille / 1000} />
        ))}
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {told?.kept && <Notice tone="ok">{t.kept}</Notice>}
      {told && !told.kept && (
        <Notice
          tone="warn"
          urgent
          title={t.notKept(heads(told.refused_rows))}
          actions={
            <>
              <Button onClick={() => pick(null)}>{t.correct}</Button>
              <Button onClick={() => setAccepting(true)}>{t.accept(heads(told.refused_rows))}</Button>
            </>
          }
        >
          {t.notKeptHint}
        </Notice>
      )}
      {told && told.refused.length > 0 && (
        <Rows title={t.notKept(heads(told.refused_rows))} rows={told.refused} all={told.refused_rows} />
      )}
      {told && told.without_decision.length > 0 && (
        <Rows
          title={t.withoutDecision(heads(told.without_decision_rows))}
          rows={told.without_decision}
          all={told.without_decision_rows}
        />
      )}
      {shown ? <Totals before={told ? before : null} now={shown} /> : <p class="soft">{t.none}</p>}
      {roll && <p class="small soft">{t.frozen}</p>}
      {accepting && told && (
        <Ask
          title={t.accept(heads(told.refused_rows))}
          yes={t.import}
          onYes={() => send(true)}
          onClose={() => setAccepting(false)}
        >
          <p>{t.acceptAsk}</p>
        </Ask>
      )}
    </section>
  );
}

function Rows({ title, rows, all }: { title: string; rows: RowNote[]; all: number }) {
  const t = consoleText().roll;
  return (
    <div class="panel">
      <Table
        caption={title}
        columns={[
          { key: "line", title: t.line, narrow: true, cell: (row) => <span class="digits">{row.line}</span> },
          { key: "column", title: t.column, narrow: true, cell: (row) => row.column },
          { key: "reason", title: t.reason, cell: (row) => either(row.zh, row.en) },
        ]}
        rows={rows}
        rowKey={(row) => `${row.line}/${row.column}/${row.zh}`}
        empty=""
      />
      {all > rows.length && <p class="panel-body small soft">{t.first}</p>}
    </div>
  );
}

/** Totals of each group; with those of before beside them where a file changed or would change them. */
function Totals({ before, now }: { before: RollSummary | null; now: RollSummary }) {
  const t = consoleText().roll;
  const all = (of: RollSummary): GroupTotal[] => [
    ...of.groups,
    { group: "all" as GroupTotal["group"], creditors: of.voting, amount_fen: of.voting_fen },
  ];
  const was = new Map(before ? all(before).map((row) => [row.group, row]) : []);
  const both = (old: string | undefined, fresh: string) =>
    before && old !== fresh ? (
      <span class="digits">
        <s class="soft">{old ?? "0"}</s> {fresh}
      </span>
    ) : (
      <span class="digits">{fresh}</span>
    );
  const old = (group: GroupTotal["group"], show: (row: GroupTotal) => string) => {
    const row = was.get(group);
    return row && show(row);
  };
  return (
    <div class="panel">
      <p class="panel-body">{t.claims(heads(now.claims), yuan(now.filed_fen))}</p>
      <Table
        caption={t.title}
        columns={[
          {
            key: "group",
            title: t.group,
            cell: (row) => ((row.group as string) === "all" ? <strong>{t.all}</strong> : groupName(row.group)),
          },
          {
            key: "heads",
            title: t.creditors,
            cell: (row) =>
              both(
                old(row.group, (each) => heads(each.creditors)),
                heads(row.creditors),
              ),
          },
          {
            key: "amount",
            title: t.amount,
            cell: (row) =>
              both(
                old(row.group, (each) => yuan(each.amount_fen)),
                yuan(row.amount_fen),
              ),
          },
        ]}
        rows={all(now)}
        rowKey={(row) => row.group}
        empty={t.none}
      />
    </div>
  );
}
