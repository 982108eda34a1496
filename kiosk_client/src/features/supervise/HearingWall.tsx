import { useEffect, useState } from "preact/hooks";
import { type LookKind, type SupervisedHearing, supervisionApi } from "../../protocol/supervision.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Field, Notice, Progress } from "../../ui/index.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { HearingTile } from "./HearingTile.tsx";
import { matching } from "./kind.ts";

const REFRESH_MS = 3_000;

interface Wanted {
  hearing: SupervisedHearing;
  kind: LookKind;
}

interface Props {
  zone: string;
  onLook: (look: Wanted & { reason: string }) => void;
}

/** 随时听 随时看: every hearing under way as a tile; one at a time can be looked into. */
export function HearingWall({ zone, onLook }: Props) {
  const t = courtText().supervise;
  const [hearings, setHearings] = useState<SupervisedHearing[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [asking, setAsking] = useState<Wanted | null>(null);

  useEffect(() => {
    let current = true;
    const load = () =>
      supervisionApi.hearings().then(
        (found) => {
          if (!current) return;
          setHearings(found);
          setProblem(null);
        },
        (cause: unknown) => current && setProblem(failureText(cause)),
      );
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, []);

  const shown = hearings && matching(hearings, typed);
  return (
    <section class="supervise-part">
      <header class="supervise-head">
        <div class="grow">
          <h1>{t.wall}</h1>
          <p class="soft">{t.intro}</p>
        </div>
        <Field label={t.find} hint={t.findHint} value={typed} onInput={setTyped} maxLength={60} autocomplete="off" />
      </header>
      {problem && (
        <Notice tone={hearings ? "warn" : "bad"} urgent title={hearings ? t.stale : undefined}>
          {problem}
        </Notice>
      )}
      {!hearings && !problem && <Progress label={text().common.loading} />}
      {hearings && shown && (
        <>
          {hearings.length > 0 && (
            <p class="soft" role="status">
              {t.count(shown.length, hearings.length)}
            </p>
          )}
          {shown.length === 0 && (
            <div class="supervise-none">
              <h2>{hearings.length === 0 ? t.none : t.noMatch}</h2>
              {hearings.length === 0 && <p class="soft">{t.noneHint}</p>}
            </div>
          )}
          <div class="wall-grid">
            {shown.map((one) => (
              <HearingTile
                key={one.id}
                hearing={one}
                zone={zone}
                onLook={(kind) => setAsking({ hearing: one, kind })}
              />
            ))}
          </div>
        </>
      )}
      {asking && (
        <Ask
          title={`${t.askTitle} · ${asking.hearing.case_no}`}
          yes={t.begin}
          reason="optional"
          onYes={async (reason) => onLook({ ...asking, reason })}
          onClose={() => setAsking(null)}
        >
          <p>
            <strong>{t.only[asking.kind]}</strong>
          </p>
          <p>{t.askText}</p>
        </Ask>
      )}
    </section>
  );
}
