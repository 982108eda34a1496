import { useEffect, useState } from "preact/hooks";
import type { MeetingView, Mine } from "../../protocol/meeting.ts";
import type { Receipt } from "../../protocol/meetingApi.ts";
import { keyOf, type Meeting } from "../../state/meeting.ts";
import { text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Dialog, wallTime } from "../../ui/index.ts";
import { yuan } from "./money.ts";
import { groupName, saveJson, shortCode } from "./names.ts";
import { QrCode } from "./QrCode.tsx";
import { Verify } from "./Verify.tsx";
import "./ballot.css";

interface Props {
  meeting: Meeting;
  view: MeetingView;
  mine: Mine;
  receipt: Receipt;
  onClose: () => void;
}

/** One receipt: what it says, the whole of it as a QR code or file, and the check on this phone. */
export function ReceiptDialog({ meeting, view, mine, receipt, onClose }: Props) {
  const t = meetingText();
  const r = t.receipt;
  const { leaf } = receipt;
  const [code, setCode] = useState("");
  const [verifying, setVerifying] = useState(false);
  useEffect(() => {
    meeting.codeOf(receipt).then(setCode, () => setCode(""));
  }, [meeting, receipt]);
  const vote = mine.votes.find((one) => keyOf(one) === keyOf(leaf));
  const motion = view.motions.find((one) => one.motion === leaf.motion && one.round === leaf.round);
  const who = leaf.creditor.startsWith("bloc:") ? t.bloc(groupName(leaf.creditor.slice(5))) : vote?.name;
  const lines = [
    [r.choice, t.choices[leaf.choice]],
    [r.motion, motion?.title ?? leaf.motion],
    [
      r.for,
      leaf.division === "all" ? (who ?? leaf.creditor) : `${who ?? leaf.creditor} · ${groupName(leaf.division)}`,
    ],
    [r.amount, yuan(leaf.amount_fen)],
    [r.at, wallTime(leaf.utc_ms, "full")],
    [r.seq, r.seqValue(leaf.seq)],
    [r.code, shortCode(code)],
  ];
  return (
    <Dialog
      open
      form="sheet"
      title={verifying ? t.verify.title : r.title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={() => saveJson(`yunting-receipt-${leaf.seq}.json`, receipt)}>{r.save}</Button>
          {!verifying && (
            <Button kind="primary" onClick={() => setVerifying(true)}>
              {r.verify}
            </Button>
          )}
          <Button onClick={onClose}>{text().common.close}</Button>
        </>
      }
    >
      {verifying ? (
        <Verify meeting={meeting} receipt={receipt} />
      ) : (
        <div class="receipt">
          <dl class="receipt-lines">
            {lines.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <QrCode content={JSON.stringify(receipt)} />
        </div>
      )}
    </Dialog>
  );
}
