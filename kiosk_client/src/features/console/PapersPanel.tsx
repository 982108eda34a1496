import type { MotionView } from "../../protocol/meeting.ts";
import type { OutputsApi } from "../../protocol/outputs.ts";
import { outputsText } from "../../text/outputs.ts";

interface Props {
  api: OutputsApi;
  motions: readonly MotionView[];
  court: boolean;
}

const PAPERS = ["docx", "pdf", "ofd"] as const;

/** 会议文书: minutes, and of each counted round resolution, tally and (for the court) the named list. */
export function PapersPanel({ api, motions, court }: Props) {
  const t = outputsText().papers;
  const counted = motions.filter((motion) => motion.result);
  return (
    <section class="panel" aria-labelledby="papers-panel">
      <div class="panel-body stack">
        <h3 id="papers-panel">{t.title}</h3>
        <Links name={t.minutes} kinds={PAPERS} url={(kind) => api.minutesUrl(kind)} />
        {counted.length === 0 && <p class="soft">{t.none}</p>}
        {counted.map(({ motion, round, title }) => (
          <div key={`${motion}/${round}`} class="stack">
            <h4>
              {title}
              {round === 2 && t.round2}
            </h4>
            <Links
              name={t.resolution}
              kinds={PAPERS}
              url={(kind) => api.paperUrl(motion, round, `resolution.${kind}`)}
            />
            <Links
              name={t.tally}
              kinds={[...PAPERS, "xlsx", "csv"]}
              url={(kind) => api.paperUrl(motion, round, `tally.${kind}`)}
            />
            {court && (
              <Links
                name={t.named}
                kinds={["xlsx", "csv"]}
                url={(kind) => api.paperUrl(motion, round, `named.${kind}`)}
              />
            )}
          </div>
        ))}
        {!court && counted.length > 0 && <p class="small soft">{t.courtOnly}</p>}
      </div>
    </section>
  );
}

function Links(props: { name: string; kinds: readonly string[]; url: (kind: string) => string }) {
  return (
    <p class="row">
      <span>{props.name}</span>
      {props.kinds.map((kind) => (
        <a key={kind} href={props.url(kind)} download aria-label={`${props.name} ${kind.toUpperCase()}`}>
          {kind.toUpperCase()}
        </a>
      ))}
    </p>
  );
}
