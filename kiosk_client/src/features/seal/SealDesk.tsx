import { useEffect, useState } from "preact/hooks";
import type { SealView, Unmet } from "../../protocol/seal.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either, text } from "../../text/index.ts";
import { Button, Icon, Notice, Progress, Steps, TextArea, wallTime } from "../../ui/index.ts";
import { Fingerprint } from "../accounts/Operator.tsx";
import { failureText } from "../order/failure.ts";
import { Incidents } from "./Incidents.tsx";
import { stageOf, stepOf } from "./progress.ts";
import { SealDialog } from "./SealDialog.tsx";
import { useSeal } from "./useSeal.ts";
import "./seal.css";

interface Props {
  session: string;
  hearing: Hearing | null;
  zone: string;
  /** Where something that is missing can be done. */
  onGo: (tab: "review" | "record" | "minutes") => void;
  /** So many seals' packages can be had. */
  onKept?: (packages: number) => void;
}

/** What the record still lacks, the statements on incidents, and the seal that cannot be taken back. */
export function SealDesk({ session, hearing, zone, onGo, onKept }: Props) {
  const t = courtText().seal;
  const { view, problem, again } = useSeal(session, hearing);
  const [sealing, setSealing] = useState(false);
  const kept = view?.seals.filter((one) => one.url).length ?? 0;
  useEffect(() => onKept?.(kept), [kept]);
  if (!view)
    return problem ? (
      <Notice tone="bad" urgent title={t.unread} actions={<Button onClick={again}>{text().common.retry}</Button>}>
        {problem}
      </Notice>
    ) : (
      <Progress label={text().common.loading} />
    );
  const stage = stageOf(view);
  const busy = view.job !== null && !view.job.done;
  const may = hearing?.state.value.rights.includes("write_minutes") ?? false;
  const failed = view.job?.error ?? null;
  return (
    <section class="seal-desk">
      <h2>{t.title}</h2>
      <Steps label={t.steps} steps={[t.closed, t.media, t.signed, t.final]} current={stepOf(view)} />
      <p class={`seal-word seal-${stage}`} role="status">
        {stage === "sealed" && <Icon name="lock" />}
        {t.stepHint[stage]}
      </p>
      {problem && <Notice tone="warn">{problem}</Notice>}
      {busy && view.job && (
        <Progress label={either(view.job.step_zh, view.job.step_en) || t.making} value={view.job.permille / 1000} />
      )}
      {failed && view.job && (
        <Notice tone="bad" urgent title={t.failed}>
          {either(view.job.step_zh, view.job.step_en)}
        </Notice>
      )}
      {stage !== "open" && stage !== "sealed" && <UnmetList unmet={view.unmet} onGo={onGo} />}
      {view.incidents.length > 0 && (
        <Incidents incidents={view.incidents} hearing={hearing} zone={zone} mayWrite={may && stage !== "sealed"} />
      )}
      {hearing === null && stage !== "open" && stage !== "sealed" && <Notice tone="warn">{t.noSeat}</Notice>}
      {may && (stage === "ready" || stage === "blocked" || (stage === "sealed" && failed)) && !busy && (
        <div>
          <Button kind="primary" big icon="lock" disabled={stage === "blocked"} onClick={() => setSealing(true)}>
            {stage === "sealed" ? t.sealAgain : t.seal}
          </Button>
        </div>
      )}
      {view.seals.length > 0 && <Seals view={view} zone={zone} />}
      {stage === "sealed" && may && hearing && <Supplement hearing={hearing} />}
      {sealing && hearing && <SealDialog hearing={hearing} unmet={view.unmet} onClose={() => setSealing(false)} />}
    </section>
  );
}

function UnmetList({ unmet, onGo }: { unmet: readonly Unmet[]; onGo: Props["onGo"] }) {
  const t = courtText().seal;
  if (unmet.length === 0)
    return (
      <p class="seal-met">
        <Icon name="check" /> {t.allMet}
      </p>
    );
  const ordered = [...unmet].sort((a, b) => Number(b.blocks) - Number(a.blocks));
  return (
    <div>
      <h3>{t.unmet(unmet.length)}</h3>
      <ul class="seal-unmet">
        {ordered.map((one) => {
          const tab = placeOf(one.code);
          return (
            <li key={`${one.code} ${one.about}`} class={one.blocks ? "seal-blocks" : ""}>
              <Icon name={one.blocks ? "close" : "help"} />
              <span class="grow">
                <strong>{either(one.zh, one.en)}</strong>
                <span class="soft"> {either(one.todo_zh, one.todo_en)}</span>
              </span>
              <span class={`tag ${one.blocks ? "tag-bad" : "tag-warn"}`}>{one.blocks ? t.blocks : t.told}</span>
              {tab && (
                <Button kind="quiet" onClick={() => onGo(tab)}>
                  {t.go}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function placeOf(code: string): "review" | "record" | "minutes" | null {
  // Statements on incidents are written on this very page.
  if (code.startsWith("incident")) return null;
  if (/sign|review|correction/.test(code)) return "review";
  if (/gap|track/.test(code)) return "record";
  return code.startsWith("text") ? "minutes" : null;
}

function Seals({ view, zone }: { view: SealView; zone: string }) {
  const t = courtText().seal;
  return (
    <div>
      <h3>{t.seals}</h3>
      <ul class="seal-made">
        {view.seals.map((one) => (
          <li key={one.package}>
            <div class="row">
              <strong>{one.step === "media" ? t.media : t.final}</strong>
              <span class="soft digits">{wallTime(one.utc_ms, "full", zone)}</span>
              {view.stamping && (
                <span class={`tag ${one.stamped ? "tag-ok" : "tag-warn"}`}>
                  {one.stamped ? t.stamped : t.unstamped}
                </span>
              )}
              {one.url && (
                <a class="button" href={one.url} download>
                  <Icon name="doc" />
                  <span>{t.download}</span>
                </a>
              )}
            </div>
            <details>
              <summary class="small soft">
                {t.manifest} {one.manifest_sha512.slice(0, 16)}…
              </summary>
              <Fingerprint hex={one.manifest_sha512} />
            </details>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Supplement({ hearing }: { hearing: Hearing }) {
  const t = courtText().seal;
  const [written, setWritten] = useState("");
  const [told, setTold] = useState<{ bad: boolean; words: string } | null>(null);
  const add = () =>
    void hearing.do({ do: "supplement", text: written.trim() }).then(
      () => {
        setWritten("");
        setTold({ bad: false, words: t.supplementDone });
      },
      (cause: unknown) => setTold({ bad: true, words: failureText(cause) }),
    );
  return (
    <div class="stack">
      <TextArea label={t.supplement} hint={t.supplementHint} value={written} onInput={setWritten} maxLength={2000} />
      <div class="row">
        <Button disabled={written.trim() === ""} onClick={add}>
          {t.supplement}
        </Button>
        {told && (
          <span class={told.bad ? "field-error" : "soft"} role="status">
            {told.words}
          </span>
        )}
      </div>
    </div>
  );
}
