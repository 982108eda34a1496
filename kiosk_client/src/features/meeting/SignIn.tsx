import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import type { SignedIn } from "../../protocol/meeting.ts";
import type { MeetingApi } from "../../protocol/meetingApi.ts";
import { text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Field, Notice } from "../../ui/index.ts";
import { EntryFrame } from "../entry/EntryFrame.tsx";
import { GateWay, passedGate, toGate } from "../entrygate/GateWay.tsx";
import { failureOf } from "./names.ts";

interface Props {
  person: string;
  code: string;
  api: Pick<MeetingApi, "signIn">;
  /** A pass has just ended. */
  again: boolean;
  onDone: (signed: SignedIn) => void;
}

const LENGTH = 6;

/** The link says who; the end of the document number says that it is them. */
export function SignIn({ person, code, api, again, onDone }: Props) {
  const t = meetingText().signin;
  const [end, setEnd] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const [problem, setProblem] = useState("");

  const [gate, setGate] = useState<string | null>(null);
  useEffect(() => {
    const passed = passedGate();
    if (passed) void submit(passed.number_end, passed.proof);
  }, []);

  async function submit(typed = end, proof: string | null = null) {
    const number_end = typed.replace(/[\s-]/g, "").toUpperCase();
    if (busy) return;
    if (number_end.length !== LENGTH || /[^0-9A-Z]/.test(number_end)) return setWrong(t.short);
    setBusy(true);
    setProblem("");
    try {
      const answer = await api.signIn({ person, code, number_end, proof });
      if ("token" in answer) return onDone(answer);
      toGate(answer.code, number_end);
      setGate(answer.code);
    } catch (cause) {
      setProblem(failureOf(cause));
      setBusy(false);
      if (!(cause instanceof ApiError)) throw cause;
    }
  }
  if (gate) return <GateWay code={gate} />;
  return (
    <EntryFrame court={text().common.product} title={t.title} lead={t.lead}>
      {again && <Notice tone="warn">{t.again}</Notice>}
      <form
        class="signin-form stack card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label={t.label}
          hint={t.hint}
          value={end}
          error={wrong}
          maxLength={LENGTH + 4}
          autocomplete="off"
          autoFocus
          onInput={(value) => {
            setEnd(value);
            setWrong("");
          }}
        />
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        <Button type="submit" kind="primary" big wide disabled={busy}>
          {busy ? t.busy : t.go}
        </Button>
      </form>
    </EntryFrame>
  );
}
