import { useEffect, useRef, useState } from "preact/hooks";
import { useSound } from "../../media/useSound.ts";
import { keyOf, type SearchHit, type SearchHits, searchApi } from "../../protocol/search.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { HitList } from "./HitList.tsx";
import { addressOf, narrowed, type Question, questionOf } from "./question.ts";
import "./search.css";

const NOTHING: SearchHits = { hits: [], next: "" };

/** Ask, read, hear. The question lies in the address; `/` goes to its field. */
export function SearchPage({ zone }: { zone: string }) {
  const t = courtText().search;
  const [question, setQuestion] = useState<Question>(() => questionOf(location.search));
  const [open, setOpen] = useState(() => narrowed(questionOf(location.search)));
  const [found, setFound] = useState<SearchHits | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useRef("");
  const running = useRef<AbortController | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const sound = useSound((cause) => setProblem(`${t.playFailed}：${failureText(cause)}`));

  const play = (hit: SearchHit) => void sound.toggle(keyOf(hit), (signal) => searchApi.sound(hit, signal));

  async function ask(after: string, before: SearchHits) {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    setBusy(true);
    setProblem(null);
    try {
      const more = await searchApi.find(asked.current, after, mine.signal);
      setFound({ hits: [...before.hits, ...more.hits], next: more.next });
    } catch (cause) {
      if (mine.signal.aborted) return;
      setProblem(failureText(cause));
    } finally {
      if (running.current === mine) setBusy(false);
    }
  }
  function submit() {
    if (!question.q.trim()) return form.current?.querySelector("input")?.focus();
    asked.current = addressOf(question);
    history.replaceState(null, "", `${location.pathname}?${asked.current}`);
    setFound(null);
    void ask("", NOTHING);
  }
  async function openPlayer(hit: SearchHit) {
    // Opened at once, or the browser takes it for a pop-up that nobody asked for.
    const tab = window.open("", "_blank");
    try {
      const { url } = await searchApi.player(hit);
      if (tab) tab.location.replace(url);
      else location.assign(url);
    } catch (cause) {
      tab?.close();
      setProblem(failureText(cause));
    }
  }
  useEffect(() => {
    if (question.q) submit();
    const focus = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.altKey || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      form.current?.querySelector("input")?.focus();
    };
    addEventListener("keydown", focus);
    return () => {
      removeEventListener("keydown", focus);
      running.current?.abort();
    };
  }, []);

  const field = (name: keyof Question) => ({
    value: question[name],
    onInput: (value: string) => setQuestion((now) => ({ ...now, [name]: value })),
  });
  return (
    <main id="work" class="search" tabIndex={-1}>
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
            <Field label={t.label} hint={t.hint} maxLength={100} autoFocus autocomplete="off" {...field("q")} />
            <Button type="submit" kind="primary" big icon="search">
              {t.submit}
            </Button>
          </div>
          <Button kind="quiet" aria-expanded={open} aria-controls="search-narrow" onClick={() => setOpen(!open)}>
            {t.narrow}
          </Button>
          {open && (
            <div id="search-narrow" class="search-narrow">
              <Field label={t.speaker} hint={t.speakerHint} maxLength={60} {...field("speaker")} />
              <Field label={t.caseNo} hint={t.caseNoHint} maxLength={60} {...field("case_no")} />
              <Field label={t.from} type="date" {...field("from_day")} />
              <Field label={t.to} type="date" {...field("to_day")} />
              <Button
                kind="quiet"
                disabled={!narrowed(question)}
                onClick={() => setQuestion({ q: question.q, speaker: "", case_no: "", from_day: "", to_day: "" })}
              >
                {t.clear}
              </Button>
            </div>
          )}
        </form>
      </search>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {!found && !busy && !problem && <Nothing title={t.begin} hint={t.beginHint} />}
      {found && found.hits.length === 0 && <Nothing title={t.none} hint={t.noneHint} />}
      {found && found.hits.length > 0 && (
        <>
          <p class="search-count" role="status">
            {t.found(found.hits.length, found.next !== "")}
          </p>
          <HitList hits={found.hits} zone={zone} playing={sound.playing} onPlay={play} onOpen={openPlayer} />
        </>
      )}
      {busy && <Progress label={text().common.loading} />}
      {found?.next && !busy && (
        <Button wide onClick={() => void ask(found.next, found)}>
          {t.more}
        </Button>
      )}
    </main>
  );
}

function Nothing({ title, hint }: { title: string; hint: string }) {
  return (
    <div class="search-nothing" role="status">
      <h2>{title}</h2>
      <p>{hint}</p>
    </div>
  );
}
