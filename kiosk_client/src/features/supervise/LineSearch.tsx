import { useEffect, useRef, useState } from "preact/hooks";
import { recordsApi } from "../../protocol/records.ts";
import { keyOf, type SearchHit, type SearchHits } from "../../protocol/search.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, duration, Field, Notice, Progress, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { bySession } from "../search/question.ts";
import { OpenRecord, type Wanted } from "./OpenRecord.tsx";
import "../search/search.css";

const EMPTY = { q: "", speaker: "", case_no: "", from_day: "", to_day: "" };
const NOTHING: SearchHits = { hits: [], next: "" };

/** Lines of finished hearings: what is shown of one is a look into it, which its log has. */
export function LineSearch({ zone }: { zone: string }) {
  const t = courtText().records;
  const words = courtText().search;
  const [question, setQuestion] = useState(EMPTY);
  const [reason, setReason] = useState("");
  const [found, setFound] = useState<SearchHits | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const asked = useRef({ question, reason });
  const running = useRef<AbortController | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const [open, setOpen] = useState(false);

  async function ask(after: string, before: SearchHits) {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setBusy(true);
    setProblem(null);
    try {
      const { question: q, reason: why } = asked.current;
      const more = await recordsApi.search({ ...q, after }, why, mine.signal);
      if (mine.signal.aborted) return;
      setFound({ hits: [...before.hits, ...more.hits], next: more.next });
    } catch (cause) {
      if (!mine.signal.aborted) setProblem(failureText(cause));
    } finally {
      if (running.current === mine) setBusy(false);
    }
  }
  function submit() {
    if (!question.q.trim()) return form.current?.querySelector("input")?.focus();
    asked.current = { question, reason };
    setFound(null);
    void ask("", NOTHING);
  }
  useEffect(() => {
    form.current?.querySelector("input")?.focus();
    return () => running.current?.abort();
  }, []);

  const field = (name: keyof typeof EMPTY) => ({
    value: question[name],
    onInput: (value: string) => setQuestion((now) => ({ ...now, [name]: value })),
  });
  const groups = bySession(found?.hits ?? []);
  return (
    <section class="supervise-part">
      <p class="soft">{t.linesIntro}</p>
      <search>
        <form
          ref={form}
          class="search-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div class="search-row">
            <Field label={t.label} hint={t.hint} maxLength={100} autocomplete="off" {...field("q")} />
            <Button type="submit" kind="primary" big icon="search">
              {t.submit}
            </Button>
          </div>
          <div class="lines-reason">
            <Field
              label={t.reason}
              hint={t.reasonHint}
              maxLength={200}
              autocomplete="off"
              value={reason}
              onInput={setReason}
            />
          </div>
          <Button kind="quiet" aria-expanded={open} aria-controls="lines-narrow" onClick={() => setOpen(!open)}>
            {t.narrow}
          </Button>
          <div id="lines-narrow" class="search-narrow" hidden={!open}>
            <Field label={words.speaker} hint={words.speakerHint} maxLength={60} {...field("speaker")} />
            <Field label={words.caseNo} hint={words.caseNoHint} maxLength={60} {...field("case_no")} />
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
      {found && found.hits.length === 0 && !busy && (
        <div class="search-nothing" role="status">
          <h2>{found.next ? t.nothingShown : t.none}</h2>
          {!found.next && <p>{t.noneHint}</p>}
        </div>
      )}
      {found && found.hits.length > 0 && (
        <p class="search-count" role="status">
          {t.found(found.hits.length, groups.length, found.next !== "")} · {t.logged}
        </p>
      )}
      {groups.map((group) => (
        <Session key={group[0]?.session} hits={group} zone={zone} onOpen={setWanted} />
      ))}
      {busy && <Progress label={text().common.loading} />}
      {found?.next && !busy && (
        <Button wide onClick={() => void ask(found.next, found)}>
          {t.more}
        </Button>
      )}
      {wanted && <OpenRecord wanted={wanted} onRead={() => undefined} onClose={() => setWanted(null)} />}
    </section>
  );
}

interface SessionProps {
  hits: readonly SearchHit[];
  zone: string;
  onOpen: (wanted: Wanted) => void;
}

function Session({ hits, zone, onOpen }: SessionProps) {
  const t = courtText().records;
  const words = courtText().search;
  const [first] = hits;
  if (!first) return null;
  return (
    <section class="hit-session" data-session={first.session}>
      <header class="hit-head">
        <h2>{first.case_no}</h2>
        <span>{[words.hearing(first.hearing_no), first.title].filter(Boolean).join(" · ")}</span>
        <span class="soft digits">{wallTime(first.scheduled_utc_ms, "full", zone)}</span>
      </header>
      <ul class="hit-list">
        {hits.map((hit) => (
          <li key={keyOf(hit)} class="hit">
            <time class="hit-time digits">{duration(hit.at_ms)}</time>
            <div class="hit-words">
              {hit.speaker && <span class="hit-speaker">{hit.speaker}</span>}
              <p>{hit.pieces.map((piece, n) => (piece.found ? <mark key={n}>{piece.text}</mark> : piece.text))}</p>
            </div>
            <div class="hit-tools">
              <Button
                kind="quiet"
                icon="screen"
                aria-label={`${t.playHere} ${duration(hit.at_ms)}`}
                onClick={() =>
                  onOpen({ session: hit.session, case_no: hit.case_no, what: "player", at_ms: hit.at_ms })
                }
              >
                {t.playHere}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
