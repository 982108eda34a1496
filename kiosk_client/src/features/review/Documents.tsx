import { useState } from "preact/hooks";
import { fetched } from "../../protocol/api.ts";
import { text } from "../../text/index.ts";
import { Button, Notice } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";

const KINDS = ["docx", "pdf", "ofd"] as const;

/** The minutes as a file to print and to keep. Asked for by the page, so that a refusal is read and not saved. */
export function Documents({ session }: { session: string }) {
  const t = text().review.documents;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  async function save(kind: string) {
    setBusy(true);
    setProblem("");
    try {
      const answer = await fetched(`sessions/${encodeURIComponent(session)}/minutes.${kind}`);
      const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
      const url = URL.createObjectURL(await answer.blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = name ?? `minutes.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (cause) {
      setProblem(failureText(cause));
    } finally {
      setBusy(false);
    }
  }
  return (
    <div class="review-documents">
      <p class="row">
        <span>{t.title}</span>
        {KINDS.map((kind) => (
          <Button key={kind} icon="doc" disabled={busy} onClick={() => void save(kind)}>
            {kind.toUpperCase()}
          </Button>
        ))}
      </p>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
    </div>
  );
}
