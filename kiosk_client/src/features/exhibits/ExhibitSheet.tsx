import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ExhibitRow } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice, Progress } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { ExhibitFile } from "./ExhibitFile.tsx";
import { Facts, Opinions, StateTag } from "./Facts.tsx";
import { OpinionForm } from "./OpinionForm.tsx";
import { mayChange, mayGiveOpinion, maySubmit, mayWithdrawOwn } from "./rules.ts";
import { SubmitForm } from "./SubmitForm.tsx";
import { useExhibits } from "./useExhibits.ts";
import "./exhibits.css";

interface Props {
  hearing: Hearing;
  open: boolean;
  /** Begin with the opinion on this one, where one may have it. */
  about?: number | null;
  onClose: () => void;
}

type Step = { at: "list" | "submit" } | { at: "look" | "withdraw" | "opinion"; number: number };
const LIST: Step = { at: "list" };

/** Whether this page has anything to do with exhibits: a witness and the public only see what is shown. */
export function hasExhibits(hearing: Hearing): boolean {
  const self = hearing.self.value;
  return self !== null && maySubmit(self.seat.role, hearing.state.value.rights);
}

/** A party's exhibits in one sheet: the list, and each of its acts in place of it, so that no dialog covers another. */
export function ExhibitSheet({ hearing, open, about = null, onClose }: Props) {
  const t = exhibitsText();
  const [step, setStep] = useState<Step>(LIST);
  useEffect(() => {
    setStep(open && about !== null ? { at: "opinion", number: about } : LIST);
  }, [open, about]);
  const title =
    step.at === "submit"
      ? t.submit.open
      : step.at === "withdraw"
        ? t.withdraw.title(step.number)
        : step.at === "opinion"
          ? t.opinion.title(step.number)
          : step.at === "look"
            ? t.number(step.number)
            : t.title;
  const back = () => setStep(LIST);
  return (
    <Dialog
      open={open}
      form="sheet"
      title={title}
      onClose={onClose}
      actions={
        step.at === "list" ? (
          <Button onClick={onClose}>{text().common.close}</Button>
        ) : (
          step.at === "look" && <Button onClick={back}>{t.stopView}</Button>
        )
      }
    >
      {open && <Inside hearing={hearing} step={step} onStep={setStep} />}
    </Dialog>
  );
}

interface InsideProps {
  hearing: Hearing;
  step: Step;
  onStep: (step: Step) => void;
}

function Inside({ hearing, step, onStep }: InsideProps): ComponentChildren {
  const t = exhibitsText();
  const { list, problem, again } = useExhibits(hearing);
  const [told, setTold] = useState("");
  const body = useRef<HTMLDivElement>(null);
  const first = useRef(true);
  // What was pressed is gone after a step: reading goes on at the new content's beginning.
  useEffect(() => {
    if (first.current) first.current = false;
    else body.current?.focus();
  }, [step]);
  const { hearing: view, me } = hearing.state.value;
  const row = "number" in step ? list?.exhibits.find((one) => one.number === step.number) : undefined;
  const may = view !== null && mayChange(view.state);
  // An opinion was asked for from the shown exhibit, which may be one's own: then the list says all there is.
  const unasked = step.at === "opinion" && list !== null && (!row || !may || !mayGiveOpinion(row, me));
  useEffect(() => {
    if (unasked) onStep(LIST);
  }, [unasked]);
  if (!list || unasked)
    return problem ? (
      <Notice tone="bad" title={t.unread} urgent actions={<Button onClick={again}>{text().common.retry}</Button>}>
        {problem}
      </Notice>
    ) : (
      <Progress label={text().common.loading} />
    );
  const back = () => onStep(LIST);
  const done = (words: string) => {
    setTold(words);
    again();
    back();
  };
  return (
    <div class="exhibit-sheet" ref={body} tabIndex={-1}>
      {step.at === "submit" ? (
        <SubmitForm hearing={hearing} onDone={done} onClose={back} />
      ) : step.at === "list" ? (
        <>
          <p class="exhibit-told" role="status">
            {told}
          </p>
          {problem && <Notice tone="warn">{problem}</Notice>}
          {!may && <p class="soft">{t.over}</p>}
          {may && (
            <Button kind="primary" icon="plus" wide onClick={() => onStep({ at: "submit" })}>
              {t.submit.open}
            </Button>
          )}
          {list.exhibits.length === 0 && <p class="soft">{t.emptyParty}</p>}
          <ol class="exhibit-cards" aria-label={t.list}>
            {list.exhibits.map((one) => (
              <Card key={one.number} hearing={hearing} row={one} may={may} onStep={onStep} />
            ))}
          </ol>
        </>
      ) : !row ? (
        <Notice tone="warn" actions={<Button onClick={back}>{t.stopView}</Button>}>
          {t.gone}
        </Notice>
      ) : step.at === "look" ? (
        <div class="stack">
          <div class="exhibit-look">
            <ExhibitFile hearing={hearing} exhibit={row} />
          </div>
          <Facts hearing={hearing} row={row} />
          <Opinions hearing={hearing} row={row} />
        </div>
      ) : step.at === "opinion" ? (
        <OpinionForm key={row.number} hearing={hearing} row={row} onDone={done} onClose={back} />
      ) : (
        <WithdrawStep hearing={hearing} row={row} onDone={done} onClose={back} />
      )}
    </div>
  );
}

interface CardProps {
  hearing: Hearing;
  row: ExhibitRow;
  may: boolean;
  onStep: (step: Step) => void;
}

function Card({ hearing, row, may, onStep }: CardProps) {
  const t = exhibitsText();
  const { me } = hearing.state.value;
  const { number } = row;
  const said = row.opinions.some((one) => one.participant === me);
  return (
    <li class="exhibit-card" data-exhibit={number}>
      <h3 class="exhibit-card-head">
        <span class="grow">{t.full(number, row.name)}</span>
        <StateTag row={row} />
      </h3>
      <Facts hearing={hearing} row={row} />
      <Opinions hearing={hearing} row={row} />
      <div class="row">
        <Button
          icon="doc"
          aria-label={`${t.look} ${t.number(number)}`}
          onClick={() => onStep({ at: "look", number })}
        >
          {t.look}
        </Button>
        {may && mayGiveOpinion(row, me) && (
          <Button kind={said ? "plain" : "primary"} onClick={() => onStep({ at: "opinion", number })}>
            {said ? t.opinion.change : t.opinion.open}
          </Button>
        )}
        {may && mayWithdrawOwn(row, me) && (
          <Button kind="danger" onClick={() => onStep({ at: "withdraw", number })}>
            {t.withdraw.open}
          </Button>
        )}
      </div>
    </li>
  );
}

interface WithdrawProps {
  hearing: Hearing;
  row: ExhibitRow;
  onDone: (words: string) => void;
  onClose: () => void;
}

function WithdrawStep({ hearing, row, onDone, onClose }: WithdrawProps) {
  const t = exhibitsText();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const go = () => {
    setBusy(true);
    setProblem("");
    hearing.do({ do: "exhibit_state", number: row.number, state: "withdrawn" }).then(
      () => onDone(t.withdraw.done(row.number)),
      (cause: unknown) => {
        setProblem(failureText(cause));
        setBusy(false);
      },
    );
  };
  return (
    <div class="stack">
      <p>
        <strong>{t.full(row.number, row.name)}</strong>
      </p>
      <p>{t.withdraw.text}</p>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <div class="dialog-actions">
        <Button onClick={onClose}>{text().common.cancel}</Button>
        <Button kind="danger" disabled={busy} onClick={go}>
          {t.withdraw.yes}
        </Button>
      </div>
    </div>
  );
}
