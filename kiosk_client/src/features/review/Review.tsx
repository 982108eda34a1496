import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice, Progress, TextArea } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { Paper } from "./Paper.tsx";
import { SignDialog } from "./SignDialog.tsx";
import { OwnStanding, ReadingClock } from "./Standing.tsx";
import { type Reading, useMinutes } from "./useMinutes.ts";
import "./review.css";

interface Props {
  hearing: Hearing;
  zone?: string;
  /** Stands between the clock and the minutes; gets them once they are read. */
  above?: (reading: Reading) => ComponentChildren;
  /** Beside sign and refuse. */
  exit?: ComponentChildren;
}

/** The minutes to read, to correct and to sign, for everybody who was there. */
export function Review({ hearing, zone, above, exit }: Props) {
  const t = text().review;
  const reading = useMinutes(hearing);
  const [dialog, setDialog] = useState<"sign" | "refuse" | null>(null);
  const { review, me, hearing: court } = hearing.state.value;
  const top = useRef<HTMLDivElement>(null);
  const given = review?.signers.find((one) => one.participant === me)?.utc_ms ?? 0;
  // What one has just said stands at the head, whatever was read last.
  useEffect(() => {
    if (given) top.current?.scrollIntoView({ block: "start" });
  }, [given]);
  if (!review || !court) return <Progress label={text().common.loading} />;
  const own = review.signers.find((one) => one.participant === me);
  const open = court.state === "transcript_review";
  const { view, problem, again } = reading;
  const close = () => setDialog(null);
  const mine = view?.corrections.filter((one) => one.participant === me && one.accepted === null).length ?? 0;
  return (
    <main class="review">
      <div class="review-head" ref={top}>
        <h1>{open ? t.title : t.signed}</h1>
        <p class="soft">{open ? t.lead : t.signedHint}</p>
        {open && <ReadingClock hearing={hearing} until_utc_ms={review.until_utc_ms} zone={zone} />}
        {own && <OwnStanding hearing={hearing} own={own} zone={zone} />}
        {open && mine > 0 && <Notice tone="info">{t.mineWaiting(mine)}</Notice>}
        {problem && (
          <Notice tone="bad" urgent actions={<Button onClick={again}>{text().common.retry}</Button>}>
            {problem}
          </Notice>
        )}
      </div>
      {above?.(reading)}
      {!view && !problem && <Progress label={text().common.loading} />}
      {view && <Paper hearing={hearing} view={view} mayAsk={open && own !== undefined} />}
      <footer class="review-foot">
        {exit}
        {open && own && own.standing !== "refused" && own.standing !== "signed" && (
          <Button disabled={!view} onClick={() => setDialog("refuse")}>
            {t.refuse}
          </Button>
        )}
        {open && own && own.standing !== "signed" && (
          <Button kind="primary" big disabled={!view} onClick={() => setDialog("sign")}>
            {t.sign}
          </Button>
        )}
      </footer>
      {/* A corrected text is another text: whoever was about to sign begins anew. */}
      {dialog === "sign" && view && <SignDialog key={view.sha256} hearing={hearing} view={view} onClose={close} />}
      {dialog === "refuse" && view && <RefuseDialog hearing={hearing} sha256={view.sha256} onClose={close} />}
    </main>
  );
}

function RefuseDialog({ hearing, sha256, onClose }: { hearing: Hearing; sha256: string; onClose: () => void }) {
  const t = text().review;
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  async function send() {
    if (!reason.trim()) return setProblem(t.reasonNeeded);
    setBusy(true);
    try {
      await hearing.do({ do: "minutes_refuse", minutes_sha256: sha256, reason });
      onClose();
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }
  return (
    <Dialog
      open
      form="sheet"
      title={t.refuseTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="danger" disabled={busy} onClick={() => void send()}>
            {t.refuseSend}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>{t.refuseHint}</p>
        <TextArea label={t.refuseReason} value={reason} onInput={setReason} maxLength={200} error={problem} />
      </div>
    </Dialog>
  );
}
