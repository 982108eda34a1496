import { useEffect, useState } from "preact/hooks";
import { deskApi } from "../../protocol/gate.ts";
import type { GateRow } from "../../protocol/messages.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Button, duration, Notice, Table } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { DeskQuestion, type Verb } from "./DeskQuestion.tsx";
import "./gatedesk.css";

interface Props {
  session: string;
  /** Participant -> name as the session's list has it. */
  names: ReadonlyMap<string, string>;
  /** Rows as the clerk's own connection brings them; null: ask for them. */
  rows: readonly GateRow[] | null;
}

const LOOK_EVERY_MS = 2_000;

/** Everybody at the gate, those who need the clerk first: what is seen, what is on file, what can be done. */
export function GateDesk({ session, names, rows: told }: Props) {
  const { desk: t } = courtText();
  const [asked, setAsked] = useState<readonly GateRow[]>([]);
  const [beat, setBeat] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [question, setQuestion] = useState<{ verb: Verb; row: GateRow } | null>(null);
  const load = async () => {
    try {
      setAsked(await deskApi(session).rows());
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  };
  useEffect(() => {
    if (!told) void load();
    const timer = setInterval(() => {
      setBeat((before) => before + 1);
      if (!told) void load();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [session, told === null]);
  const rows = told ?? asked;
  const nameOf = (row: GateRow) => names.get(row.participant) ?? row.participant;
  const act = (promise: Promise<unknown>) =>
    void promise.then(
      () => void load(),
      (cause: unknown) => setProblem(failureText(cause)),
    );
  const upload = (row: GateRow, files: FileList | null) => {
    const photo = files?.[0];
    if (photo) act(deskApi(session).reference(row.participant, photo));
  };
  return (
    <>
      {problem && (
        <div class="panel-body">
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        </div>
      )}
      <Table
        caption={t.title}
        rows={rows}
        rowKey={(row) => row.participant}
        empty={t.empty}
        columns={[
          { key: "person", title: t.person, cell: (row) => <Person row={row} name={nameOf(row)} /> },
          {
            key: "pictures",
            title: t.pictures,
            cell: (row) => <Pictures session={session} row={row} beat={beat} onPhoto={upload} />,
          },
          { key: "stage", title: t.stage, cell: (row) => <Where row={row} /> },
          {
            key: "do",
            title: courtText().court.act,
            cell: (row) => (
              <span class="desk-acts">
                {row.stage !== "passed" && (
                  <Button kind="primary" onClick={() => setQuestion({ verb: "admit", row })}>
                    {t.admit}
                  </Button>
                )}
                {row.stage !== "passed" && row.stage !== "refused" && (
                  <Button kind="danger" onClick={() => setQuestion({ verb: "refuse", row })}>
                    {t.refuse}
                  </Button>
                )}
                {(row.stage === "locked" || row.failures > 0 || row.stage === "refused") && (
                  <Button onClick={() => setQuestion({ verb: "release", row })}>{t.release}</Button>
                )}
                {row.connected && <Button onClick={() => setQuestion({ verb: "message", row })}>{t.message}</Button>}
                {row.connected && (
                  <Button onClick={() => act(deskApi(session).message(row.participant, t.callText, true))}>
                    {t.call}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
      {question && (
        <DeskQuestion
          verb={question.verb}
          session={session}
          participant={question.row.participant}
          name={nameOf(question.row)}
          visit={question.row.visit}
          onDone={() => void load()}
          onClose={() => setQuestion(null)}
        />
      )}
    </>
  );
}

function Person({ row, name }: { row: GateRow; name: string }) {
  const { desk: t } = courtText();
  return (
    <span class="desk-person">
      <strong>{name}</strong>
      {row.document && (
        <span class="digits">
          {row.masked} {row.registry && t.registry[row.registry]}
        </span>
      )}
      {row.minor && <span class="tag tag-warn">{t.minor}</span>}
      {!row.connected && <span class="tag">{t.away}</span>}
    </span>
  );
}

interface PicturesProps {
  session: string;
  row: GateRow;
  beat: number;
  onPhoto: (row: GateRow, files: FileList | null) => void;
}

function Pictures({ session, row, beat, onPhoto }: PicturesProps) {
  const { desk: t } = courtText();
  const shown = row.has_live ? "live" : row.has_picture ? "picture" : null;
  const at = (which: "live" | "picture" | "reference", when: number) =>
    deskApi(session).picture(row.participant, which, when);
  return (
    <span class="desk-pictures">
      <figure>
        {shown ? (
          <img src={at(shown, shown === "live" ? beat : row.since_utc_ms)} alt={t[shown]} />
        ) : (
          <span class="desk-none">{t.noPicture}</span>
        )}
        <figcaption>{t[shown ?? "live"]}</figcaption>
      </figure>
      <figure>
        {row.has_reference ? (
          <img src={at("reference", row.since_utc_ms)} alt={t.reference} />
        ) : (
          <label class="desk-none desk-upload">
            <input
              type="file"
              accept="image/jpeg,image/png"
              class="only-read"
              onChange={(event) => onPhoto(row, event.currentTarget.files)}
            />
            {t.photo}
          </label>
        )}
        <figcaption>{t.reference}</figcaption>
      </figure>
    </span>
  );
}

function Where({ row }: { row: GateRow }) {
  const { desk: t } = courtText();
  return (
    <span class="desk-person">
      <span class={`tag ${row.needs_clerk ? "tag-warn" : row.stage === "passed" ? "tag-ok" : "tag-info"}`}>
        {t.stages[row.stage]}
      </span>
      {row.reason && <span>{either(row.reason_zh, row.reason_en)}</span>}
      <span class="small soft digits">
        {[
          row.score_milli !== null && t.score((row.score_milli / 1000).toFixed(2)),
          row.failures > 0 && t.failures(row.failures),
          row.stage !== "passed" &&
            row.since_utc_ms > 0 &&
            t.waited(duration(Math.max(0, Date.now() - row.since_utc_ms))),
        ]
          .filter(Boolean)
          .join(" · ")}
      </span>
    </span>
  );
}
