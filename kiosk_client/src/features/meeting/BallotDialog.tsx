import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Choice, Mine, MotionView, Vote } from "../../protocol/meeting.ts";
import type { Receipt } from "../../protocol/meetingApi.ts";
import { keyOf, type Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Dialog, Icon, type IconName, Notice, Progress } from "../../ui/index.ts";
import { yuan } from "./money.ts";
import { failureOf, voterName } from "./names.ts";
import "./ballot.css";

interface Props {
  meeting: Meeting;
  motion: MotionView;
  mine: Mine;
  votes: readonly Vote[];
  onClose: () => void;
  onReceipt: (receipt: Receipt) => void;
}

type Step = { at: "choose" } | { at: "confirm"; choice: Choice } | { at: "sent"; choice: Choice };

const CHOICES: readonly { choice: Choice; icon: IconName }[] = [
  { choice: "agree", icon: "check" },
  { choice: "against", icon: "close" },
  { choice: "abstain", icon: "pause" },
];
/** The second tap of a double tap lands on what the first one brought up: it must not confirm. */
const SETTLE_MS = 700;

/** A ballot in two steps: choose, then read back what was chosen, for whom and with what amount, and confirm. */
export function BallotDialog({ meeting, motion, mine, votes, onClose, onReceipt }: Props) {
  const t = meetingText();
  const b = t.ballot;
  const [step, setStep] = useState<Step>({ at: "choose" });
  const since = useRef(0);
  const top = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    since.current = performance.now();
    top.current?.focus();
  }, [step.at]);
  const waiting = votes.some((vote) => meeting.isSending(vote));
  const last = motion.options.ballots === "last";
  const send = (choice: Choice) => {
    if (step.at !== "confirm" || performance.now() - since.current < SETTLE_MS) return;
    setStep({ at: "sent", choice });
    meeting.cast(votes, choice);
  };
  const actions =
    step.at === "choose" ? (
      <Button onClick={onClose}>{b.cancel}</Button>
    ) : step.at === "confirm" ? (
      <>
        <Button big onClick={() => setStep({ at: "choose" })}>
          {b.back}
        </Button>
        <Button big kind="primary" onClick={() => send(step.choice)}>
          {b.send(t.choices[step.choice])}
        </Button>
      </>
    ) : (
      <Button big kind={waiting ? "plain" : "primary"} onClick={onClose}>
        {waiting ? b.leave : b.close}
      </Button>
    );
  return (
    <Dialog open form="sheet" title={b.title} onClose={onClose} actions={actions}>
      <div class="ballot">
        <p class="ballot-motion">{motion.title}</p>
        {step.at === "choose" && (
          <>
            <Whom votes={votes} mine={mine} />
            <p ref={top} tabIndex={-1} class="ballot-ask">
              {b.choose}
            </p>
            <div class="ballot-choices">
              {CHOICES.map(({ choice, icon }) => (
                <button
                  key={choice}
                  type="button"
                  class={`ballot-choice ballot-${choice}`}
                  onClick={() => setStep({ at: "confirm", choice })}
                >
                  <Icon name={icon} />
                  <span>{t.choices[choice]}</span>
                </button>
              ))}
            </div>
          </>
        )}
        {step.at === "confirm" && (
          <>
            <p ref={top} tabIndex={-1} class="ballot-ask">
              {b.confirm}
            </p>
            <p class={`ballot-chosen ballot-${step.choice}`}>
              <span class="small">{b.chosen}</span>
              <strong>{t.choices[step.choice]}</strong>
            </p>
            <Whom votes={votes} mine={mine} />
            <p class={last ? "soft" : "ballot-final"}>{last ? b.last : b.final}</p>
          </>
        )}
        {step.at === "sent" && <Sent meeting={meeting} mine={mine} votes={votes} onReceipt={onReceipt} />}
      </div>
    </Dialog>
  );
}

/** For whom, with what amount; the sum where there are several. */
function Whom({ votes, mine }: { votes: readonly Vote[]; mine: Mine }) {
  const b = meetingText().ballot;
  const total_fen = votes.reduce((sum, vote) => sum + vote.amount_fen, 0);
  return (
    <dl class="ballot-whom">
      {votes.map((vote) => (
        <div key={keyOf(vote)}>
          <dt>
            <span class="only-read">{b.for} </span>
            {voterName(vote, mine)}
          </dt>
          <dd class="digits">
            <span class="only-read">{b.with} </span>
            {yuan(vote.amount_fen)}
          </dd>
        </div>
      ))}
      {votes.length > 1 && (
        <div class="ballot-total">
          <dt>{b.total(votes.length)}</dt>
          <dd class="digits">{yuan(total_fen)}</dd>
        </div>
      )}
    </dl>
  );
}

/** What became of each ballot, until every one has its receipt or a refusal. */
function Sent({ meeting, mine, votes, onReceipt }: Pick<Props, "meeting" | "mine" | "votes" | "onReceipt">) {
  const t = meetingText();
  const sending = meeting.sending.value;
  const states = votes.map((vote) => ({ vote, state: sending.get(keyOf(vote)) }));
  const waiting = states.filter(({ state }) => state?.at === "sending").length;
  const refused = states.filter(({ state }) => state?.at === "refused").length;
  return (
    <div role="status" class="stack">
      {waiting > 0 ? (
        <Notice title={t.ballot.wait}>
          <p>{meeting.link.value.at === "open" ? t.ballot.waitLead : t.motions.offline}</p>
          <Progress label={t.ballot.total(votes.length)} value={(votes.length - waiting) / votes.length} />
        </Notice>
      ) : refused > 0 ? (
        <Notice tone="bad" title={t.ballot.some} urgent />
      ) : (
        <Notice tone="ok" title={t.ballot.done}>
          {t.ballot.doneLead}
        </Notice>
      )}
      <ul class="votes">
        {states.map(({ vote, state }) => {
          const receipt = meeting.receiptOf.value.get(keyOf(vote));
          return (
            <li key={keyOf(vote)} class="vote">
              <div class="grow">
                <p class="vote-who">{voterName(vote, mine)}</p>
                {state?.at === "sending" && <p>{t.motions.sending(t.choices[state.choice])}</p>}
                {state?.at === "refused" && <p class="vote-refused">{failureOf(state.refusal)}</p>}
                {!state && receipt && (
                  <p class="vote-done">
                    <Icon name="check" /> {t.motions.voted(t.choices[receipt.leaf.choice])}
                  </p>
                )}
              </div>
              {!state && receipt && <Button onClick={() => onReceipt(receipt)}>{t.motions.receipt}</Button>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
