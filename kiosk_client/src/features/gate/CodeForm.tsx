import { useState } from "preact/hooks";
import type { GateApi } from "../../protocol/gate.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { GateFrame } from "./GateFrame.tsx";
import type { Attempt } from "./useAttempt.ts";

/** The one-time code: a phone number, then six digits. */
export function CodeForm({ gate, attempt }: { gate: GateApi; attempt: Attempt }) {
  const t = text().gate.code;
  const [phone, setPhone] = useState("");
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const send = async () => setSent(await attempt.run(() => gate.sendCode(phone.trim())));
  const submit = (event: Event) => {
    event.preventDefault();
    void (sent ? attempt.run(() => gate.checkCode(code.trim())) : send());
  };
  return (
    <form onSubmit={submit} noValidate>
      <GateFrame
        step={2}
        title={t.title}
        problem={attempt.problem}
        actions={
          <>
            {sent && (
              <Button kind="quiet" onClick={() => void send()} disabled={attempt.busy}>
                {t.again}
              </Button>
            )}
            <Button
              kind="primary"
              type="submit"
              big
              wide
              disabled={attempt.busy || (sent ? code.trim().length < 4 : phone.trim().length < 5)}
            >
              {sent ? t.check : t.send}
            </Button>
          </>
        }
      >
        <Field
          label={t.phone}
          type="tel"
          inputMode="tel"
          autocomplete="tel"
          value={phone}
          onInput={setPhone}
          maxLength={20}
        />
        {sent && <Notice tone="ok">{t.sent}</Notice>}
        {sent && (
          <Field
            label={t.code}
            inputMode="numeric"
            autocomplete="one-time-code"
            value={code}
            onInput={setCode}
            maxLength={8}
          />
        )}
      </GateFrame>
    </form>
  );
}
