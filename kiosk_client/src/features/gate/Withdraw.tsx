import { useMemo, useState } from "preact/hooks";
import { gateApi } from "../../protocol/gate.ts";
import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice } from "../../ui/index.ts";
import { useAttempt } from "./useAttempt.ts";

/** What the notice promises: who has consented to the use of their face may withdraw it at any time. Else nothing. */
export function Withdraw({ hearing }: { hearing: Hearing }) {
  const { withdraw: t } = text().gate;
  const gate = useMemo(() => gateApi(() => hearing.socket.credential), [hearing]);
  const attempt = useAttempt();
  const [asked, setAsked] = useState(false);
  if (hearing.state.value.gate?.consent !== "given") return null;
  const close = () => setAsked(false);
  return (
    <>
      <Button kind="quiet" onClick={() => setAsked(true)}>
        {t.button}
      </Button>
      <Dialog
        open={asked}
        form="sheet"
        title={t.title}
        onClose={close}
        actions={
          <>
            <Button onClick={close}>{text().common.cancel}</Button>
            <Button
              kind="danger"
              disabled={attempt.busy}
              onClick={() => void attempt.run(gate.withdraw).then((went) => went && close())}
            >
              {t.button}
            </Button>
          </>
        }
      >
        <p>{t.hint}</p>
        {attempt.problem && (
          <Notice tone="bad" urgent>
            {attempt.problem}
          </Notice>
        )}
      </Dialog>
    </>
  );
}
