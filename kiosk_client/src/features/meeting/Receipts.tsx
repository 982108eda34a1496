import { useState } from "preact/hooks";
import type { MeetingView, Mine } from "../../protocol/meeting.ts";
import type { Receipt } from "../../protocol/meetingApi.ts";
import { keyOf, type Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Notice, wallTime } from "../../ui/index.ts";
import { voterName } from "./names.ts";
import { ReceiptDialog } from "./ReceiptDialog.tsx";

interface Props {
  meeting: Meeting;
  view: MeetingView;
  mine: Mine;
}

/** Every receipt that this device keeps, those of replaced ballots too. */
export function Receipts({ meeting, view, mine }: Props) {
  const t = meetingText();
  const [shown, setShown] = useState<Receipt | null>(null);
  const receipts = meeting.receipts.value;
  return (
    <section class="card receipts" aria-labelledby="receipts-title">
      <h2 id="receipts-title">{t.receipt.list}</h2>
      {!meeting.keeps.value && <Notice tone="warn">{t.receipt.notKept}</Notice>}
      {receipts.length === 0 && <p class="soft">{t.receipt.none}</p>}
      <ul>
        {receipts.map((receipt) => {
          const { leaf } = receipt;
          const vote = mine.votes.find((one) => keyOf(one) === keyOf(leaf));
          const motion = view.motions.find((one) => one.motion === leaf.motion && one.round === leaf.round);
          return (
            <li key={leaf.seq}>
              <span class="grow">
                <strong>{t.choices[leaf.choice]}</strong> {motion?.title ?? leaf.motion}
                <span class="soft small">
                  {vote ? voterName(vote, mine) : leaf.creditor} · {wallTime(leaf.utc_ms, "time")}
                </span>
              </span>
              <Button
                aria-label={`${t.motions.receipt} ${t.receipt.seqValue(leaf.seq)}`}
                onClick={() => setShown(receipt)}
              >
                {t.motions.receipt}
              </Button>
            </li>
          );
        })}
      </ul>
      {shown && (
        <ReceiptDialog meeting={meeting} view={view} mine={mine} receipt={shown} onClose={() => setShown(null)} />
      )}
    </section>
  );
}
