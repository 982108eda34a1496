import { useEffect, useRef, useState } from "preact/hooks";
import { type ArchivedSession, type ArchivePage, archiveApi } from "../../protocol/archive.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice, Progress, Select, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { StateTag } from "../sessions/StateTag.tsx";
import { PackageCard } from "./PackageCard.tsx";
import "../search/search.css";
import "./archive.css";

const STATES = ["closed", "transcript_review", "signed", "sealed"] as const;
const NOTHING = { q: "", state: "", from_day: "", to_day: "" };
const REFRESH_MS = 5_000;

type Question = typeof NOTHING;

function questionOf(address: string): Question {
  const given = new URLSearchParams(address);
  return Object.fromEntries(Object.keys(NOTHING).map((name) => [name, given.get(name) ?? ""])) as Question;
}

/** Sessions that are over: found by words, state and day, each with its packages and their copies. */
export function ArchiveList({ zone, mayManage }: { zone: string; mayManage: boolean }) {
  const t = courtText().archive;
  const { common } = text();
  const [question, setQuestion] = useState(() => questionOf(location.search));
  const [page, setPage] = useState<ArchivePage | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useRef(question);
  const run = useRef(0);

  async function ask(after: string, before: readonly ArchivedSession[], quiet = false) {
    const mine = ++run.current;
    if (!quiet) setBusy(true);
    try {
      const found = await archiveApi.find(asked.current, after);
      if (mine !== run.current) return;
      setPage({ ...found, rows: [...before, ...found.rows] });
      setProblem(null);
    } catch (cause) {
      if (mine === run.current) setProblem(failureText(cause));
    } finally {
      if (mine === run.current) setBusy(false);
    }
  }
  function submit() {
    asked.current = question;
    const address = new URLSearchParams(Object.entries(question).filter(([, value]) => value));
    history.replaceState(null, "", address.size ? `${location.pathname}?${address}` : location.pathname);
    void ask("", []);
  }
  useEffect(() => void ask("", []), []);
  // While copies are on their way, the first page shows how far they are.
  const moving =
    page !== null &&
    page.rows.length <= 20 &&
    page.rows.some((row) => row.packages.some((one) => !one.safe && page.places.length > 0));
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => void ask("", [], true), REFRESH_MS);
    return () => clearInterval(timer);
  }, [moving]);

  const field = (name: keyof Question) => ({
    value: question[name],
    onInput: (value: string) => setQuestion((now) => ({ ...now, [name]: value })),
  });
  return (
    <main id="work" class="search archive" tabIndex={-1}>
      <search>
        <form
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
          <div class="search-narrow">
            <Select
              label={t.state}
              value={question.state}
              onChange={(state) => setQuestion((now) => ({ ...now, state }))}
              options={[
                { value: "", label: t.anyState },
                ...STATES.map((state) => ({ value: state, label: common.states[state] })),
              ]}
            />
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
      {page && page.places.length === 0 && page.rows.length > 0 && <Notice tone="warn">{t.noPlaces}</Notice>}
      {page && page.rows.length === 0 && (
        <div class="search-nothing" role="status">
          <h2>{t.none}</h2>
          <p>{t.noneHint}</p>
        </div>
      )}
      {page && page.rows.length > 0 && (
        <p class="search-count" role="status">
          {t.found(page.rows.length, page.next !== "")}
        </p>
      )}
      {page?.rows.map((row) => (
        <Session key={row.session.id} row={row} places={page.places} zone={zone} mayManage={mayManage} />
      ))}
      {busy && <Progress label={common.loading} />}
      {page?.next && !busy && (
        <Button wide onClick={() => void ask(page.next, page.rows)}>
          {t.more}
        </Button>
      )}
    </main>
  );
}

interface SessionProps {
  row: ArchivedSession;
  places: string[];
  zone: string;
  mayManage: boolean;
}

function Session({ row, places, zone, mayManage }: SessionProps) {
  const t = courtText().archive;
  const { session } = row;
  return (
    <article class="hit-session" data-session={session.id}>
      <header class="hit-head">
        <h2>{session.case_no}</h2>
        <StateTag state={session.state} />
        <span class="grow">{[session.cause, session.title].filter(Boolean).join(" · ")}</span>
        <span class="soft digits">
          {row.opened_utc_ms === null ? t.never : `${t.opened} ${wallTime(row.opened_utc_ms, "full", zone)}`}
        </span>
        {row.judge && (
          <span class="soft">
            {t.judge} {row.judge}
          </span>
        )}
      </header>
      {row.packages.length === 0 ? (
        <p class="archive-none soft">{t.noPackages}</p>
      ) : (
        <ul class="archive-packages" aria-label={t.packages(row.packages.length)}>
          {row.packages.map((one) => (
            <PackageCard key={one.package.job} made={one} places={places} zone={zone} mayManage={mayManage} />
          ))}
        </ul>
      )}
    </article>
  );
}
