import type { Mine, MotionView, Vote } from "../../protocol/meeting.ts";
import type { LateReceipt, Receipt } from "../../protocol/meetingApi.ts";
import { keyOf, type Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Icon } from "../../ui/index.ts";
import { yuan } from "./money.ts";
import { failureOf, voterName } from "./names.ts";

interface Props {
  meeting: Meeting;
  motion: MotionView;
  vote: Vote;
  mine: Mine;
  onVote: () => void;
  onReceipt: (receipt: Receipt) => void;
  onLate: (late: LateReceipt) => void;
}

/** One vote: for whom, with what amount, what stands, and what can be done. */
export function VoteRow({ meeting, motion, vote, mine, onVote, onReceipt, onLate }: Props) {
  const t = meetingText();
  const m = t.motions;
  const open = motion.state === "open";
  const sending = meeting.sending.value.get(keyOf(vote));
  const standing = meeting.standing(vote);
  const receipt = meeting.receiptOf.value.get(keyOf(vote));
  const late = meeting.lates.value.find((one) => keyOf(one) === keyOf(vote));
  const who = voterName(vote, mine);
  const free = open && sending?.at !== "sending" && (standing === null || motion.options.ballots === "last");
  return (
    <li class="vote">
      <div class="grow">
        <p class="vote-who">{who}</p>
        <p class="digits soft">{yuan(vote.amount_fen)}</p>
        <p class="vote-state" role="status">
          {sending?.at === "sending" ? (
            <>
              <Icon name="clock" /> {m.sending(t.choices[sending.choice])}
            </>
          ) : standing ? (
            <strong class="vote-done">
              <Icon name="check" /> {m.voted(t.choices[standing.choice])}
            </strong>
          ) : (
            <span>{open || motion.state === "draft" ? m.notVoted : m.notVotedEnd}</span>
          )}
        </p>
        {sending?.at === "sending" && <p class="small">{sendingNote(meeting, sending.times)}</p>}
        {sending?.at === "refused" && (
          <p class="vote-refused" role="alert">
            {m.refused}：{failureOf(sending.refusal)}
          </p>
        )}
        {standing && !receipt && <p class="soft small">{m.elsewhere}</p>}
      </div>
      <div class="vote-actions">
        {free && (
          <Button
            kind={standing ? "plain" : "primary"}
            big={!standing}
            aria-label={`${standing ? m.voteAgain : m.vote}：${who}，${motion.title}`}
            onClick={onVote}
          >
            {standing ? m.voteAgain : m.vote}
          </Button>
        )}
        {receipt && (
          <Button aria-label={`${m.receipt}：${who}，${motion.title}`} onClick={() => onReceipt(receipt)}>
            {m.receipt}
          </Button>
        )}
        {late && (
          <Button aria-label={`${m.late}：${who}，${motion.title}`} onClick={() => onLate(late)}>
            {m.late}
          </Button>
        )}
      </div>
    </li>
  );
}

function sendingNote(meeting: Meeting, times: number): string | null {
  const t = meetingText().motions;
  if (meeting.link.value.at !== "open") return t.offline;
  return times > 1 ? t.again(times) : null;
}
