import { useEffect, useState } from "preact/hooks";
import type { Receipt } from "../../protocol/meetingApi.ts";
import { CannotCheck } from "../../state/checks.ts";
import type { Meeting } from "../../state/meeting.ts";
import type { Checked } from "../../state/verifyVote.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Icon, Notice, Progress } from "../../ui/index.ts";
import { failureOf, saveJson, shortCode } from "./names.ts";

/** Fetches the proofs for one receipt, computes them here, and says in plain words what was found. */
export function Verify({ meeting, receipt }: { meeting: Meeting; receipt: Receipt }) {
  const t = meetingText().verify;
  const [found, setFound] = useState<readonly Checked[] | null>(null);
  const [problem, setProblem] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    setFound(null);
    setProblem("");
    meeting.verify(receipt).then(
      (checked) => !gone && setFound(checked),
      (cause) =>
        !gone && setProblem(cause instanceof CannotCheck ? t.unableLead : `${t.failed}：${failureOf(cause)}`),
    );
    return () => {
      gone = true;
    };
  }, [meeting, receipt, round]);
  if (problem) {
    return (
      <Notice tone="warn" urgent actions={<Button onClick={() => setRound(round + 1)}>{t.again}</Button>}>
        {problem}
      </Notice>
    );
  }
  if (!found) return <Progress label={t.doing} />;
  const bad = found.some(({ right }) => right === false);
  const unable = found.some(({ right }) => right === null);
  return (
    <div class="stack">
      {bad ? (
        <Notice
          tone="bad"
          urgent
          title={t.bad}
          actions={
            <Button kind="danger" onClick={() => saveJson("yunting-evidence.json", { receipt, found })}>
              {meetingText().trust.save}
            </Button>
          }
        >
          {t.badLead}
        </Notice>
      ) : unable ? (
        <Notice tone="warn" title={t.unable}>
          {t.unableLead}
        </Notice>
      ) : (
        <Notice tone="ok" title={t.good}>
          {t.goodLead}
        </Notice>
      )}
      <ul class="verify-checks">
        {found.map((checked) => (
          <li key={checked.what} class={`verify-${markOf(checked)}`}>
            <Icon name={checked.right === true ? "check" : checked.right === false ? "close" : "help"} />
            <span>
              <strong class="only-read">{t.marks[markOf(checked)]} </strong>
              {told(checked, receipt)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function markOf({ right }: Checked): "good" | "bad" | "unable" {
  return right === null ? "unable" : right ? "good" : "bad";
}

function told(checked: Checked, receipt: Receipt): string {
  const t = meetingText().verify;
  if (checked.right === false) return t.bads[checked.what];
  const right = sentence(checked, receipt);
  return checked.right === null ? t.unableTo(right) : right;
}

/** What holds when the check is right. */
function sentence(checked: Checked, { leaf }: Receipt): string {
  const { checks } = meetingText().verify;
  switch (checked.what) {
    case "leaf":
      return checks.leaf(meetingText().choices[leaf.choice], shortCode(checked.code));
    case "signed":
      return checks.signed(shortCode(checked.key), checked.size);
    case "included":
      return checks.included(checked.seq);
    case "grown":
      return checks.grown;
  }
}
