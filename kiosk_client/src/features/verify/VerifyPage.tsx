import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Brand, Button, Field, FilePick, Notice, Progress, TextArea } from "../../ui/index.ts";
import type { Report } from "../../verify/log.ts";
import { chosen } from "../../verify/packaged.ts";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { VerifyBench } from "./bench.ts";
import { keepOffline } from "./offline.ts";
import { ReportView } from "./ReportView.tsx";
import { verifyWords } from "./words.ts";
import "./verify.css";

const MOST_RECEIPT = 20_000;

/** Choose a log, perhaps a receipt; learn in plain words whether they are right. */
export function VerifyPage() {
  const t = verifyWords();
  const bench = useRef<VerifyBench | null>(null);
  const [ready, setReady] = useState(false);
  const [kept, setKept] = useState(false);
  const [log, setLog] = useState<File | null>(null);
  const [receiptFile, setReceiptFile] = useState<File | null>(null);
  const [pasted, setPasted] = useState("");
  const [key, setKey] = useState("");
  const [part, setPart] = useState<number | null>(null);
  const [problem, setProblem] = useState("");
  const [report, setReport] = useState<Report | null>(null);
  const [packaged, setPackaged] = useState(false);
  const result = useRef<HTMLElement>(null);

  useEffect(() => {
    const made = new VerifyBench();
    bench.current = made;
    made.ready().then(
      () => setReady(true),
      () => setProblem(verifyWords().unloaded),
    );
    void keepOffline().then(setKept);
    const over = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      event.preventDefault();
      for (const file of event.dataTransfer?.files ?? []) {
        if (/\.(jsonl|zip)$/i.test(file.name)) setLog(file);
        else setReceiptFile(file);
      }
    };
    addEventListener("dragover", over);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", drop);
    };
  }, []);
  useLayoutEffect(() => {
    if (!report) return;
    result.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [report]);

  const fingerprint = key.replace(/[\s:]/g, "").toLowerCase();
  const keyWrong = fingerprint !== "" && !/^[0-9a-f]{64}$/.test(fingerprint);

  async function receiptGiven(): Promise<unknown> {
    const text = pasted.trim() || ((await receiptFile?.text()) ?? "");
    return text ? (JSON.parse(text) as unknown) : null;
  }

  async function start() {
    if (!log || !bench.current || keyWrong) return;
    setProblem("");
    let receipt: unknown;
    try {
      receipt = await receiptGiven();
    } catch {
      setProblem(t.receiptBad);
      return;
    }
    setPart(0);
    try {
      const given = await chosen(log);
      if (!("data" in given)) {
        setProblem(t.packages[given.what]);
        return;
      }
      setPackaged(given.what === "meeting");
      setReport(await bench.current.run({ data: given.data, receipt, key: fingerprint }, setPart));
    } catch {
      setProblem(t.unread);
    } finally {
      setPart(null);
    }
  }

  return (
    <>
      <header class="verify-head">
        <Brand court={t.brand} />
        <PreferenceButtons />
      </header>
      <main class="verify" id="work">
        <h1>{t.title}</h1>
        {report ? (
          <section ref={result} tabIndex={-1} class="verify-result" aria-live="polite">
            <ReportView report={report} keyGiven={fingerprint !== ""} />
            {packaged && <Notice title={t.packages.title}>{t.packages.meeting}</Notice>}
            <Button onClick={() => setReport(null)}>{t.again}</Button>
          </section>
        ) : (
          <form
            class="verify-form"
            onSubmit={(event) => {
              event.preventDefault();
              void start();
            }}
          >
            <p>{t.intro}</p>
            <FilePick
              label={t.log}
              choose={t.choose}
              none={t.logNone}
              accept=".jsonl,.zip,application/jsonl,application/zip"
              value={log}
              onPick={setLog}
            />
            <FilePick
              label={t.receipt}
              choose={t.choose}
              none={t.receiptNone}
              accept=".json,application/json"
              value={receiptFile}
              onPick={setReceiptFile}
            />
            <TextArea label={t.paste} value={pasted} onInput={setPasted} maxLength={MOST_RECEIPT} />
            <Field
              label={t.key}
              value={key}
              onInput={setKey}
              hint={t.keyHint}
              error={keyWrong ? t.keyWrong : undefined}
            />
            {problem && (
              <Notice tone="bad" urgent>
                {problem}
              </Notice>
            )}
            {part !== null ? (
              <Progress label={t.running} value={part} />
            ) : (
              <Button type="submit" kind="primary" disabled={!log || !ready}>
                {t.start}
              </Button>
            )}
            {ready && (
              <p class="small soft verify-ready">
                {t.offline} {kept && t.kept}
              </p>
            )}
          </form>
        )}
      </main>
    </>
  );
}
