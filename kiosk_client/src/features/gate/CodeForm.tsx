import { useState } from "preact/hooks";
import type { GateApi } from "../../protocol/gate.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { GateFrame } from "./GateFrame.tsx";
import type { Attempt } from "./useAttempt.ts";

const DIGITS = 6;

/** The one-time code, sent to the telephone that the case file has: nobody can name another one here. */
export function CodeForm({ gate, attempt }: { gate: GateApi; attempt: Attempt }) {
  const t = text().gate.code;
  const [code, setCode] = useState("");
  const [sentTo, setSentTo] = useState<string | null>(null);
  const send = () => attempt.run(async () => setSentTo((await gate.sendCode()).phone_masked));
  const submit = (event: Event) => {
    event.preventDefault();
    void (sentTo === null ? send() : attempt.run(() => gate.checkCode(code.trim())));
  };
  return (
    <form class="gate-form" onSubmit={submit} noValidate>
      <GateFrame
        step={2}
        title={t.title}
        lead={t.lead}
        problem={attempt.problem}
        actions={
          <>
            {sentTo !== null && (
              <Button kind="quiet" onClick={() => void send()} disabled={attempt.busy}>
                {t.again}
              </Button>
            )}
            <Button
              kind="primary"
              type="submit"
              big
              wide
              disabled={attempt.busy || (sentTo !== null && code.trim().length !== DIGITS)}
            >
              {sentTo === null ? t.send : t.check}
            </Button>
          </>
        }
      >
        {sentTo !== null && <Notice tone="ok">{t.sent(sentTo)}</Notice>}
        {sentTo !== null && (
          <Field
            label={t.code}
            inputMode="numeric"
            autocomplete="one-time-code"
            value={code}
            onInput={setCode}
            maxLength={DIGITS}
          />
        )}
      </GateFrame>
    </form>
  );
}
