import { useState } from "preact/hooks";
import { accessApi, type JoinedCase, type Restricted } from "../../protocol/access.ts";
import { courtText } from "../../text/court.ts";
import { Button, Field } from "../../ui/index.ts";
import { Ask, Unfit } from "../order/Ask.tsx";
import { caseNoProblem, tidyCaseNo } from "../sessions/caseNo.ts";

interface Props {
  session: string;
  /** The first is the one that the session was made for. */
  cases: readonly JoinedCase[];
  mayJoin: boolean;
  onJoined: (now: Restricted, number: string) => void;
}

/** The cases of the session, and one more. */
export function CasesBox({ session, cases, mayJoin, onJoined }: Props) {
  const { access: t, clerk } = courtText();
  const [joining, setJoining] = useState(false);
  const [number, setNumber] = useState("");
  const [cause, setCause] = useState(cases[0]?.cause ?? "");
  return (
    <section>
      <div class="access-head">
        <h2 class="grow">{t.cases(cases.length)}</h2>
        {mayJoin && (
          <Button icon="plus" onClick={() => setJoining(true)}>
            {t.join}
          </Button>
        )}
      </div>
      <p class="soft">{t.casesHint}</p>
      <ul class="access-list">
        {cases.map((one, place) => (
          <li key={one.case_no}>
            <span class="grow">
              <strong>{one.case_no}</strong> <span class="soft">{one.cause}</span>
            </span>
            {place === 0 && cases.length > 1 && <span class="tag">{t.main}</span>}
          </li>
        ))}
      </ul>
      {joining && (
        <Ask
          title={t.joinTitle}
          yes={t.join}
          onYes={async () => {
            const problem = caseNoProblem(number, new Date().getFullYear());
            if (problem) throw new Unfit(clerk.problems[`case_no.${problem}`]);
            if (cause.trim() === "") throw new Unfit(t.causeNeeded);
            const tidy = tidyCaseNo(number);
            onJoined(await accessApi.join(session, { case_no: tidy, cause: cause.trim() }), tidy);
          }}
          onClose={() => setJoining(false)}
        >
          <Field label={t.caseNo} value={number} onInput={setNumber} maxLength={60} required />
          <Field label={t.cause} value={cause} onInput={setCause} maxLength={100} required />
          <p>
            <strong>{number.trim() !== "" && tidyCaseNo(number)}</strong> {t.joinText}
          </p>
        </Ask>
      )}
    </section>
  );
}
