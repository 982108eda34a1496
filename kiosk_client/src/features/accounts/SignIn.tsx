import { useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import { type Staff, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

/** Account and password. What is wrong is said plainly, but never which of the two. */
export function SignIn({ onDone }: { onDone: (staff: Staff) => void }) {
  const t = courtText().staff.signIn;
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    if (account.trim() === "" || password === "") {
      setProblem(t.empty);
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      onDone(await staffApi.login(account.trim(), password));
    } catch (cause) {
      const code = cause instanceof ApiError ? cause.code : "";
      setProblem(code === "bad-login" ? t.badLogin : code === "too-many-tries" ? t.tooMany : failureText(cause));
      setPassword("");
      setBusy(false);
    }
  }

  return (
    <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{t.title}</h1>
      <Field
        label={t.account}
        value={account}
        onInput={setAccount}
        autocomplete="username"
        maxLength={64}
        autoFocus
      />
      <Field
        label={t.password}
        type="password"
        value={password}
        onInput={setPassword}
        autocomplete="current-password"
        maxLength={200}
      />
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      <Button kind="primary" type="submit" big wide disabled={busy}>
        {busy ? t.busy : t.submit}
      </Button>
      <p class="soft small">{t.forgot}</p>
    </form>
  );
}
