import { useState } from "preact/hooks";
import { accessApi, type Restricted, type Restriction } from "../../protocol/access.ts";
import type { State } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Icon, Notice, Progress } from "../../ui/index.ts";
import { Ask } from "../order/Ask.tsx";
import { CasesBox } from "./CasesBox.tsx";
import { RestrictDialog } from "./RestrictDialog.tsx";
import { useAccess } from "./useAccess.ts";
import { type Who, whatOf, whenOf } from "./words.ts";
import "./access.css";

interface Props {
  session: string;
  state: State;
  hearing: Hearing | null;
  people: readonly Who[];
}

/** What the editions for parties and public leave out, and which cases are heard together. */
export function AccessPane({ session, state, hearing, people }: Props) {
  const t = courtText().access;
  const { now, take, problem, again } = useAccess(session, hearing);
  const [adding, setAdding] = useState(false);
  const [lifting, setLifting] = useState<Restriction | null>(null);
  const [told, setTold] = useState("");
  if (!now)
    return (
      <div class="panel-body">
        {problem ? (
          <Notice tone="bad" urgent actions={<Button onClick={again}>{text().common.retry}</Button>}>
            {problem}
          </Notice>
        ) : (
          <Progress label={text().common.loading} />
        )}
      </div>
    );
  const before = state === "scheduled" || state === "waiting";
  const over = state === "sealed" || state === "cancelled";
  const did = (next: Restricted, words: string) => {
    take(next);
    setTold(words);
  };
  return (
    <div class="access">
      <section>
        <div class="access-head">
          <h2 class="grow">{t.title}</h2>
          {!before && !over && (
            <Button kind="primary" icon="lock" onClick={() => setAdding(true)}>
              {t.add}
            </Button>
          )}
        </div>
        <p class="soft">{over ? t.sealed : before ? t.before : t.intro}</p>
        <p class="access-told" role="status">
          {told && (
            <>
              <Icon name="check" /> {told}
            </>
          )}
        </p>
        {now.restrictions.length === 0 ? (
          <p class="table-empty">{t.none}</p>
        ) : (
          <>
            <h3>{t.set}</h3>
            <ul class="access-list">
              {[...now.restrictions].sort(byTime).map((one) => (
                <li key={one.mark} data-mark={one.mark}>
                  <span class="grow">
                    <strong>{whatOf(one, people)}</strong>
                    <span class="access-when digits">{whenOf(one)}</span>
                    <span class="soft small access-why">
                      {[t.grounds[one.ground], one.case_no, one.reason].filter(Boolean).join(" · ")}
                    </span>
                  </span>
                  <span class="tag tag-warn">{t.from[one.access]}</span>
                  {now.may_lift && !over && <Button onClick={() => setLifting(one)}>{t.lift}</Button>}
                </li>
              ))}
            </ul>
            {!now.may_lift && !over && <p class="soft small">{t.byJudge}</p>}
          </>
        )}
        {now.closed.length > 0 && (
          <>
            <h3>{t.byItself}</h3>
            <p class="soft small">{t.byItselfHint}</p>
            <ul class="access-list">
              {now.closed.map((one) => (
                <li key={`${one.from_ms} ${one.access}`}>
                  <span class="grow digits">{whenOf(one)}</span>
                  <span class="tag">{t.from[one.access]}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <CasesBox
        session={session}
        cases={now.cases}
        mayJoin={!over}
        onJoined={(next, number) => did(next, t.joined(number))}
      />
      {adding && (
        <RestrictDialog
          session={session}
          people={people}
          cases={now.cases}
          mayLift={now.may_lift}
          onDone={(next) => did(next, t.done)}
          onClose={() => setAdding(false)}
        />
      )}
      {lifting && (
        <Ask
          title={t.liftTitle}
          yes={t.lift}
          reason="required"
          onYes={async (reason) => did(await accessApi.lift(session, lifting.mark, reason), t.lifted)}
          onClose={() => setLifting(null)}
        >
          <p>
            <strong>{whatOf(lifting, people)}</strong> <span class="digits">{whenOf(lifting)}</span>
          </p>
          <p>{t.liftText}</p>
        </Ask>
      )}
    </div>
  );
}

const byTime = (a: Restriction, b: Restriction) => a.from_ms - b.from_ms;
