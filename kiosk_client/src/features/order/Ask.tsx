import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice, TextArea } from "../../ui/index.ts";
import { failureText } from "./failure.ts";
import "./order.css";

export { failureText, Unfit } from "./failure.ts";

interface Props {
  title: string;
  children?: ComponentChildren;
  yes: string;
  no?: string;
  danger?: boolean;
  /** Asks for a reason: required, or merely possible. */
  reason?: "required" | "optional";
  reasonLabel?: string;
  reasonHint?: string;
  /** Reasons that courts give often; a click fills them in. */
  proposals?: readonly string[];
  onYes: (reason: string) => Promise<void>;
  onClose: () => void;
}

/** One question before an act of weight. It stays open, with the refusal named, when the act is refused. */
export function Ask(props: Props) {
  const { court } = courtText();
  const { common } = text();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing = props.reason === "required" && reason.trim() === "";

  async function act() {
    if (missing) {
      setProblem(court.reasonNeeded);
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      await props.onYes(reason.trim());
      props.onClose();
    } catch (cause) {
      setProblem(failureText(cause));
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      title={props.title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{props.no ?? common.cancel}</Button>
          <Button kind="primary" onClick={() => void act()} disabled={busy}>
            {props.yes}
          </Button>
        </>
      }
    >
      <div class="stack">
        {props.children}
        {props.proposals && (
          <div class="ask-proposals">
            {props.proposals.map((proposal) => (
              <button
                key={proposal}
                type="button"
                class="ask-proposal"
                aria-pressed={reason === proposal}
                onClick={() => setReason(proposal)}
              >
                {proposal}
              </button>
            ))}
          </div>
        )}
        {props.reason && (
          <TextArea
            label={props.reasonLabel ?? court.reason}
            hint={props.reasonHint ?? court.reasonHint}
            value={reason}
            onInput={setReason}
            rows={2}
            maxLength={200}
          />
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
