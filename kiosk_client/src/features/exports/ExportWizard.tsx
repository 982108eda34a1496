import { useEffect, useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import type { State } from "../../protocol/messages.ts";
import { type Edition, type ExportJob, type SessionDetail, staffApi } from "../../protocol/staff.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Button, Choice, Icon, Notice, Progress, Select } from "../../ui/index.ts";
import { useAccess } from "../access/useAccess.ts";
import { Fingerprint } from "../accounts/Operator.tsx";
import { undoSeconds } from "../flow/undo.ts";
import { failureText } from "../order/Ask.tsx";
import { Documents } from "../review/Documents.tsx";
import { SealDesk } from "../seal/SealDesk.tsx";
import { PackageList } from "./PackageList.tsx";
import { finished, followed } from "./packages.ts";
import { mayStart, preflight } from "./preflight.ts";
import "./exports.css";

const POLL_MS = 1500;
const EDITIONS: readonly Edition[] = ["court", "party", "public"];

interface Props {
  session: SessionDetail;
  state: State;
  hearing: Hearing | null;
  court: CourtCard;
  /** Where something that the seal lacks can be done. */
  onGo: (tab: "review" | "record" | "minutes") => void;
}

/** Facts first, then the package: progress, the link, and the key that its seal must carry. */
export function ExportWizard({ session, state, hearing, court, onGo }: Props) {
  const { seal } = courtText();
  const t = courtText().clerk.export;
  const [edition, setEdition] = useState<Edition>("court");
  const [picked, setPicked] = useState("");
  const cases = useAccess(session.id, hearing).now?.cases.map((one) => one.case_no) ?? [];
  const [job, setJob] = useState<ExportJob | null>(null);
  const [kept, setKept] = useState(0);
  const [made, setMade] = useState<ExportJob[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [, setBeat] = useState(0);
  // Of cases heard together each has its own editions; the court's is of all, or of one.
  const caseNo = cases.length < 2 ? "" : picked || (edition === "court" ? "" : (cases[0] ?? ""));
  const live = hearing?.state.value;
  const health = live?.recording ?? null;
  const undo_s = live?.hearing && hearing ? undoSeconds(live.hearing, hearing.sessionNow()) : 0;
  const facts = preflight({
    state,
    incidents: live?.hearing?.incidents ?? 0,
    tracks: health && health.tracks.length > 0 ? health.tracks.length : null,
    disk_free_bytes: health?.disk_free_bytes ?? null,
    recorded_bytes: health?.tracks.reduce((sum, track) => sum + track.bytes_total, 0) ?? null,
    undo_s,
  });

  useEffect(() => {
    if (undo_s === 0) return;
    const timer = setTimeout(() => setBeat((beat) => beat + 1), 1000);
    return () => clearTimeout(timer);
  });

  // What is there already, and the export that runs or has failed before this page was opened. Read anew when one is
  // done here, and when a seal's package can be had.
  const over = job?.done ? job.job : "";
  useEffect(() => {
    let current = true;
    void staffApi.exports(session.id).then(
      (jobs) => {
        if (!current) return;
        setMade(finished(jobs));
        setJob((known) => known ?? followed(jobs));
      },
      (cause: unknown) => {
        if (current) setProblem(failureText(cause));
      },
    );
    return () => {
      current = false;
    };
  }, [session.id, kept, over]);

  // The clerk's socket tells the progress as it happens; polling also works without a seat and after a reload.
  const told = job ? live?.exports[job.job] : undefined;
  const id = job?.job;
  const unfinished = job !== null && !job.done && !job.error;
  useEffect(() => {
    if (!id || !unfinished) return;
    const poll = () =>
      void staffApi.exportJob(id).then(setJob, (cause: unknown) => {
        setProblem(failureText(cause));
      });
    const timer = setInterval(poll, POLL_MS);
    return () => clearInterval(timer);
  }, [id, unfinished]);
  const shown = told && job && told.permille > job.permille && !job.done ? { ...job, ...told } : job;

  const busy = shown !== null && !shown.done && !shown.error;

  async function start() {
    setProblem(null);
    setJob(null);
    try {
      const { job: started } = await staffApi.startExport(session.id, edition, caseNo || null);
      setJob({
        job: started,
        permille: 0,
        step_zh: t.busy,
        step_en: t.busy,
        done: false,
        error: null,
        url: null,
        seal: "",
        begun_utc_ms: Date.now(),
      });
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }

  return (
    <div class="export">
      <div class="stack">
        <SealDesk session={session.id} hearing={hearing} zone={court.time_zone} onGo={onGo} onKept={setKept} />
        <h2>{t.title}</h2>
        <p class="soft">{t.intro}</p>
        <Choice
          legend={seal.editions}
          value={edition}
          onChange={setEdition}
          options={EDITIONS.filter((one) => one !== "public" || session.public).map((value) => ({
            value,
            label: seal.edition[value],
          }))}
        />
        {edition !== "court" && <p class="soft small">{seal.editionsHint}</p>}
        {cases.length > 1 && (
          <>
            <Select
              label={seal.case}
              value={caseNo}
              onChange={setPicked}
              options={[
                ...(edition === "court" ? [{ value: "", label: seal.wholeSession }] : []),
                ...cases.map((value) => ({ value, label: value })),
              ]}
            />
            <p class="soft small">{t.caseHint}</p>
          </>
        )}
        <ul class="fact-list">
          {facts.map((fact) => (
            <li key={fact.id} class={fact.ok ? "fact-ok" : fact.blocking ? "fact-stop" : "fact-mind"}>
              <span class="fact-sign">
                <Icon name={fact.ok ? "check" : "help"} />
              </span>
              <span>{fact.ok ? t.facts[fact.id].ok : t.facts[fact.id].no}</span>
              {fact.figure && fact.id !== "undo" && <span class="digits soft">{fact.figure}</span>}
            </li>
          ))}
        </ul>
        {!busy && (made !== null || problem) && (
          <div>
            <Button kind="primary" big icon="doc" disabled={!mayStart(facts)} onClick={() => void start()}>
              {shown?.error || problem ? t.retry : t.start}
            </Button>
          </div>
        )}
        {shown && busy && (
          <div class="stack" role="status">
            <Progress label={either(shown.step_zh, shown.step_en)} value={shown.permille / 1000} />
            <p class="soft small">{t.leaveOk}</p>
          </div>
        )}
        {(mayStart(facts) || shown) && <Documents session={session.id} />}
        {(problem || shown?.error) && (
          <Notice tone="bad" urgent title={t.failed}>
            {problem ?? (shown && either(shown.step_zh, shown.step_en))}
          </Notice>
        )}
        <PackageList packages={made ?? []} zone={court.time_zone} />
      </div>
      <aside class="export-key">
        <h3>{t.fingerprint}</h3>
        <p class="key-block">
          <Fingerprint hex={court.key_fingerprint} />
        </p>
        <p class="soft small">{t.fingerprintHint}</p>
        <p class="soft small">{t.verify}</p>
      </aside>
    </div>
  );
}
