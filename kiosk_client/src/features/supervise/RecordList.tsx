import { useEffect, useRef, useState } from "preact/hooks";
import { type RecordPart, type RecordRow, recordsApi } from "../../protocol/records.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, type IconName, Notice, Progress, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { StateTag } from "../sessions/StateTag.tsx";
import { OpenRecord, type Wanted } from "./OpenRecord.tsx";
import type { Opened } from "./RecordReader.tsx";
import "../search/search.css";

const EMPTY = { q: "", from_day: "", to_day: "" };
const PARTS: readonly [RecordPart, IconName][] = [
  ["player", "screen"],
  ["minutes", "doc"],
  ["report", "doc"],
  ["seal", "lock"],
];

/** Hearings that are over; opening something of one is a look. */
export function RecordList({ zone, onRead }: { zone: string; onRead: (opened: Opened) => void }) {
  const t = courtText().records;
  const [question, setQuestion] = useState(EMPTY);
  const [found, setFound] = useState<{ rows: RecordRow[]; next: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const asked = useRef(EMPTY);
  const running = useRef<AbortController | null>(null);

  async function ask(after: string, before: readonly RecordRow[]) {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setBusy(true);
    setProblem(null);
    try {
      const more = await recordsApi.list({ ...asked.current, after }, mine.signal);
      if (!mine.signal.aborted) setFound({ rows: [...before, ...more.rows], next: more.next });
    } catch (cause) {
      if (!mine.signal.aborted) setProblem(failureText(cause));
    } finally {
      if (running.current === mine) setBusy(false);
    }
  }
  function submit() {
    asked.current = question;
    setFound(null);
    void ask("", []);
  }
  useEffect(() => {
    submit();
    return () => running.current?.abort();
  }, []);

  const field = (name: keyof typeof EMPTY) => ({
    value: question[name],
    onInput: (value: string) => setQuestion((now) => ({ ...now, [name]: value })),
  });
  const narrowed = Object.values(asked.current).some((value) => value.trim());
  return (
    <section class="supervise-part">
      <p class="soft">{t.listIntro}</p>
      <search>
        <form
          class="search-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div class="search-row">
            <Field label={t.find} hint={t.findHint} maxLength={100} autocomplete="off" {...field("q")} />
            <Button type="submit" kind="primary" big icon="search">
              {t.findSubmit}
            </Button>
          </div>
          <div class="search-narrow">
            <Field label={t.from} type="date" {...field("from_day")} />
            <Field label={t.to} type="date" {...field("to_day")} />
          </div>
        </form>
      </search>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {found && found.rows.length === 0 && (
        <div class="search-nothing" role="status">
          <h2>{narrowed ? t.noMatch : t.noRecords}</h2>
          <p>{narrowed ? t.noMatchHint : t.noRecordsHint}</p>
        </div>
      )}
      {found?.rows.map((row) => (
        <Row key={row.id} row={row} zone={zone} onOpen={setWanted} />
      ))}
      {busy && <Progress label={text().common.loading} />}
      {found?.next && !busy && (
        <Button wide onClick={() => void ask(found.next, found.rows)}>
          {t.more}
        </Button>
      )}
      {wanted && <OpenRecord wanted={wanted} onRead={onRead} onClose={() => setWanted(null)} />}
    </section>
  );
}

interface RowProps {
  row: RecordRow;
  zone: string;
  onOpen: (wanted: Wanted) => void;
}

function Row({ row, zone, onOpen }: RowProps) {
  const t = courtText().records;
  return (
    <article class="hit-session" data-session={row.id}>
      <header class="hit-head">
        <h2>{row.case_no}</h2>
        <StateTag state={row.state} />
        {!row.public && <span class="tag tag-warn">{t.closed}</span>}
        <span class="grow">{[row.cause, row.title].filter(Boolean).join(" · ")}</span>
        <span class="soft digits">
          {t.opened} {wallTime(row.opened_utc_ms ?? row.scheduled_utc_ms, "full", zone)}
        </span>
        {row.judge && (
          <span class="soft">
            {t.judge} {row.judge}
          </span>
        )}
      </header>
      <div class="record-open">
        {PARTS.map(([what, icon]) => (
          <Button
            key={what}
            icon={icon}
            disabled={what === "player" && !row.playable}
            aria-label={`${t.open[what]} ${row.case_no}`}
            onClick={() => onOpen({ session: row.id, case_no: row.case_no, what })}
          >
            {t.open[what]}
          </Button>
        ))}
        {!row.playable && <span class="small soft">{t.notPlayable}</span>}
        {row.partly && <span class="tag tag-warn">{t.partly}</span>}
      </div>
    </article>
  );
}
