import { useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import { staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { passwordProblem } from "./gate.ts";

interface Props {
  /** The password was reset: nothing else may be done before. */
  must: boolean;
  onDone: () => void;
  onCancel?: () => void;
}

export function PasswordForm({ must, onDone, onCancel }: Props) {
  const t = courtText().staff.password;
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    const wrong = passwordProblem(old, fresh, again);
    if (wrong) {
      setProblem(t[wrong]);
      return;
    }
    setProblem(null);
    try {
      await staffApi.password(old, fresh);
      setDone(true);
    } catch (cause) {
      setProblem(cause instanceof ApiError && cause.code === "bad-login" ? t.wrong : failureText(cause));
    }
  }

  if (done)
    return (
      <div class="stack">
        <h1>{t.title}</h1>
        <Notice tone="ok">{t.done}</Notice>
        <Button kind="primary" big wide onClick={onDone}>
          {text().common.next}
        </Button>
      </div>
    );
  return (
    <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{t.title}</h1>
      {must && <Notice tone="warn">{t.must}</Notice>}
      <Field label={t.old} type="password" value={old} onInput={setOld} autocomplete="current-password" />
      <Field
        label={t.fresh}
        type="password"
        value={fresh}
        onInput={setFresh}
        autocomplete="new-password"
        hint={t.rule}
      />
      <Field label={t.again} type="password" value={again} onInput={setAgain} autocomplete="new-password" />
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <Button kind="primary" type="submit" big wide>
        {t.submit}
      </Button>
      {onCancel && (
        <Button kind="quiet" wide onClick={onCancel}>
          {text().common.cancel}
        </Button>
      )}
    </form>
  );
}
