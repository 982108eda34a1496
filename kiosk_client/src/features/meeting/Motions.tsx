import { useState } from "preact/hooks";
import type { MeetingView, Mine, MotionView, Vote } from "../../protocol/meeting.ts";
import type { LateReceipt, Receipt } from "../../protocol/meetingApi.ts";
import type { Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Clock, Icon, wallTime } from "../../ui/index.ts";
import { BallotDialog } from "./BallotDialog.tsx";
import { LateDialog } from "./LateDialog.tsx";
import { leftTime } from "./leftTime.ts";
import { isOwn, votesOf } from "./names.ts";
import { ReceiptDialog } from "./ReceiptDialog.tsx";
import { ResultBars } from "./ResultBars.tsx";
import { inOrder, ruleOf } from "./threshold.ts";
import { VoteRow } from "./VoteRow.tsx";

interface Props {
  meeting: Meeting;
  view: MeetingView;
  mine: Mine;
}

/** Every motion of the agenda, what is open now first, with one's own votes and those for principals. */
export function Motions({ meeting, view, mine }: Props) {
  const t = meetingText().motions;
  const [ballot, setBallot] = useState<{ motion: MotionView; votes: readonly Vote[] } | null>(null);
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  const [late, setLate] = useState<LateReceipt | null>(null);
  return (
    <section aria-labelledby="motions-title" class="motions">
      <h2 id="motions-title">{t.title}</h2>
      {view.motions.length === 0 && <p class="card soft">{t.none}</p>}
      {inOrder(view.motions).map((motion) => (
        <MotionCard
          key={`${motion.motion}/${motion.round}`}
          meeting={meeting}
          motion={motion}
          mine={mine}
          onVote={(votes) => setBallot({ motion, votes })}
          onReceipt={setReceipt}
          onLate={setLate}
        />
      ))}
      {ballot && (
        <BallotDialog
          meeting={meeting}
          mine={mine}
          {...ballot}
          onClose={() => setBallot(null)}
          onReceipt={(shown) => {
            setBallot(null);
            setReceipt(shown);
          }}
        />
      )}
      {receipt && (
        <ReceiptDialog meeting={meeting} view={view} mine={mine} receipt={receipt} onClose={() => setReceipt(null)} />
      )}
      {late && <LateDialog late={late} onClose={() => setLate(null)} />}
    </section>
  );
}

interface CardProps {
  meeting: Meeting;
  motion: MotionView;
  mine: Mine;
  onVote: (votes: readonly Vote[]) => void;
  onReceipt: (receipt: Receipt) => void;
  onLate: (late: LateReceipt) => void;
}

function MotionCard({ meeting, motion, mine, onVote, onReceipt, onLate }: CardProps) {
  const t = meetingText().motions;
  const states: Readonly<Record<string, string>> = t.states;
  const open = motion.state === "open";
  const votes = votesOf(motion, mine);
  const principals = votes.filter(
    (vote) => !isOwn(vote, mine) && meeting.standing(vote) === null && !meeting.isSending(vote),
  );
  return (
    <article class={`card motion${open ? " motion-open" : ""}`}>
      <header class="motion-head">
        <h3 class="grow">{motion.title}</h3>
        {motion.round === 2 && <span class="tag">{t.round}</span>}
        <span class={`tag tag-${motion.state}`}>{states[motion.state] ?? motion.state}</span>
      </header>
      {open && motion.closes_utc_ms !== null && <Countdown meeting={meeting} closes_utc_ms={motion.closes_utc_ms} />}
      {motion.result && <ResultBars motion={motion} result={motion.result} />}
      {motion.state !== "draft" && votes.length === 0 && <p class="soft">{t.noVote}</p>}
      {votes.length > 0 && (
        <ul class="votes">
          {votes.map((vote) => (
            <VoteRow
              key={`${vote.division}/${vote.creditor}`}
              meeting={meeting}
              motion={motion}
              vote={vote}
              mine={mine}
              onVote={() => onVote([vote])}
              onReceipt={onReceipt}
              onLate={onLate}
            />
          ))}
        </ul>
      )}
      {open && principals.length > 1 && (
        <Button wide icon="people" onClick={() => onVote(principals)}>
          {t.allPrincipals(principals.length)}
        </Button>
      )}
      <p class="soft small">{t.rule[ruleOf(motion.matter)]}</p>
      {open && (
        <p class="motion-hidden soft small">
          <Icon name="lock" /> {t.hidden}
        </p>
      )}
    </article>
  );
}

function Countdown({ meeting, closes_utc_ms }: { meeting: Meeting; closes_utc_ms: number }) {
  const t = meetingText().motions;
  const show = (utc_ms: number) => {
    const left_ms = closes_utc_ms - utc_ms;
    return left_ms <= 0 ? t.due : leftTime(left_ms);
  };
  return (
    <p class="countdown">
      <span class="soft">{t.left}</span>
      <Clock now={() => meeting.utcMs()} show={show} label={t.left} />
      <span class="soft">{t.until(wallTime(closes_utc_ms, "full").slice(0, 16))}</span>
    </p>
  );
}
