import { useEffect, useRef } from "preact/hooks";
import type { RecordMinutes } from "../../protocol/records.ts";
import type { SealView } from "../../protocol/seal.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Button, duration, Icon, Notice, wallTime } from "../../ui/index.ts";
import { Fingerprint } from "../accounts/Operator.tsx";
import { Watermark } from "../observe/Watermark.tsx";
import { stageOf } from "../seal/progress.ts";
import type { Wanted } from "./OpenRecord.tsx";
import "../observe/observe.css";

/** What a look opened, on this page. */
export interface Opened extends Wanted {
  minutes?: RecordMinutes;
  seal?: SealView;
}

interface Props {
  opened: Opened;
  name: string;
  zone: string;
  onBack: () => void;
}

/** Minutes or seals of a finished hearing, with the reader's mark over them. Escape goes back. */
export function RecordReader({ opened, name, zone, onBack }: Props) {
  const t = courtText().records;
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus();
    scrollTo(0, 0);
    const leave = (event: KeyboardEvent) => event.key === "Escape" && onBack();
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, []);
  return (
    <article class="record-reader">
      <header class="record-head">
        <Button icon="back" onClick={onBack}>
          {t.back}
        </Button>
        <h1 ref={head} tabIndex={-1} class="grow">
          {opened.case_no} · {t.parts[opened.what]}
        </h1>
        <span class="record-told" role="status">
          <Icon name="doc" /> {t.told}
        </span>
      </header>
      {opened.minutes && <Minutes minutes={opened.minutes} />}
      {opened.seal && <Seals view={opened.seal} zone={zone} />}
      <div class="record-mark">
        <Watermark words={t.watermark(name)} />
      </div>
    </article>
  );
}

function Minutes({ minutes }: { minutes: RecordMinutes }) {
  const t = courtText().records;
  return (
    <div class="record-paper">
      {minutes.draft && <Notice tone="warn">{t.draft}</Notice>}
      {minutes.partly && <Notice tone="info">{t.partly}</Notice>}
      <p class="record-court">{minutes.court}</p>
      <h2>{minutes.title}</h2>
      <dl class="record-fields">
        {minutes.fields.map((field) => (
          <div key={field.name}>
            <dt>{field.name}</dt>
            <dd>{field.text}</dd>
          </div>
        ))}
      </dl>
      {minutes.paragraphs.map((paragraph, n) => (
        <p key={n} class={paragraph.kind === "speech" ? "" : "record-note"}>
          {paragraph.kind === "speech" && <time class="digits soft">{duration(paragraph.from_ms)}</time>}
          <span>
            {paragraph.speaker && <strong>{paragraph.speaker}：</strong>}
            {paragraph.text}
          </span>
        </p>
      ))}
    </div>
  );
}

function Seals({ view, zone }: { view: SealView; zone: string }) {
  const t = courtText().records;
  const seal = courtText().seal;
  const unmet = view.state === "sealed" ? [] : view.unmet;
  return (
    <div class="record-paper">
      <p>
        <Icon name="lock" /> {seal.stepHint[stageOf(view)]}
      </p>
      <h2>{seal.seals}</h2>
      {view.seals.length === 0 && <p class="soft">{t.noSeals}</p>}
      {view.seals.map((one) => (
        <section key={one.package} class="stack">
          <p class="row">
            <strong>{one.step === "media" ? seal.media : seal.final}</strong>
            <span class="soft digits">{wallTime(one.utc_ms, "full", zone)}</span>
            {view.stamping && (
              <span class={`tag ${one.stamped ? "tag-ok" : "tag-warn"}`}>
                {one.stamped ? seal.stamped : seal.unstamped}
              </span>
            )}
          </p>
          <details>
            <summary class="small soft">
              {seal.manifest} {one.manifest_sha512.slice(0, 16)}…
            </summary>
            <Fingerprint hex={one.manifest_sha512} />
          </details>
        </section>
      ))}
      {unmet.length > 0 && (
        <>
          <h2>{seal.unmet(unmet.length)}</h2>
          <ul>
            {unmet.map((one) => (
              <li key={`${one.code} ${one.about}`}>{either(one.zh, one.en)}</li>
            ))}
          </ul>
        </>
      )}
      {view.incidents.length > 0 && (
        <>
          <h2>{seal.incidents(view.incidents.length)}</h2>
          <ul>
            {view.incidents.map((one) => (
              <li key={one.incident}>
                <strong>{either(one.cause_zh, one.cause_en)}</strong>{" "}
                <span class="soft">
                  {seal.span(duration(one.from_ms), one.to_ms === null ? seal.toEnd : duration(one.to_ms))}
                </span>
                <p>{one.statement || seal.waits}</p>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
