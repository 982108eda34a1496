import { useState } from "preact/hooks";
import type { CorrectionView, MinutesView, ReadParagraph } from "../../protocol/review.ts";
import type { Hearing } from "../../state/hearing.ts";
import { byParagraph, changed, lineText } from "../../state/review.ts";
import { text } from "../../text/index.ts";
import { Button, Dialog, Notice, TextArea } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";

/** What goes and what comes, in place. */
export function Change({ was, wanted }: { was: string; wanted: string }) {
  return (
    <span class="review-change">
      {changed(was, wanted).map((piece, at) => {
        const key = `${at}-${piece.form}`;
        if (piece.form === "gone") return <del key={key}>{piece.text}</del>;
        if (piece.form === "new") return <ins key={key}>{piece.text}</ins>;
        return <span key={key}>{piece.text}</span>;
      })}
    </span>
  );
}

export function Answer({ correction }: { correction: CorrectionView }) {
  const t = text().review;
  const { accepted, answer, reason } = correction;
  const words = accepted === null ? t.waiting : accepted ? t.accepted : t.refused;
  const tone = accepted === null ? "warn" : accepted ? "ok" : "bad";
  return (
    <div class={`review-asked review-${tone}`}>
      <p class="review-asked-state">
        <strong>{accepted === null ? t.asked : words}</strong>
        {accepted === null && ` · ${words}`}
      </p>
      <Change was={correction.was} wanted={correction.wanted} />
      {reason && (
        <p class="small">
          {t.reason}：{reason}
        </p>
      )}
      {answer && (
        <p>
          {t.answer}：{answer}
        </p>
      )}
    </div>
  );
}

/** The minutes as they are signed, with what was asked at each line. */
export function Paper({ hearing, view, mayAsk }: { hearing: Hearing; view: MinutesView; mayAsk: boolean }) {
  const t = text().review;
  const [asking, setAsking] = useState<ReadParagraph | null>(null);
  return (
    <article class="paper" aria-label={view.title}>
      <header>
        <p>{view.court}</p>
        <h2>{view.title}</h2>
      </header>
      <dl class="paper-fields">
        {view.fields.map((field) => (
          <div key={field.name}>
            <dt>{field.name}</dt>
            <dd>{field.text}</dd>
          </div>
        ))}
      </dl>
      <ol class="paper-lines">
        {byParagraph(view).map(({ paragraph, corrections }, at) => (
          <li key={`${at}-${paragraph.line}`} class={`paper-line paper-${paragraph.kind}`} data-line={paragraph.line}>
            <p>
              {paragraph.speaker && <strong>{paragraph.speaker}：</strong>}
              {paragraph.text}
            </p>
            {corrections.map((one) => (
              <Answer key={one.id} correction={one} />
            ))}
            {mayAsk && paragraph.line && (
              <Button class="paper-ask" kind="quiet" onClick={() => setAsking(paragraph)}>
                {t.ask}
              </Button>
            )}
          </li>
        ))}
      </ol>
      <p>{view.closing}</p>
      {asking && (
        <AskDialog key={asking.line} hearing={hearing} view={view} line={asking} onClose={() => setAsking(null)} />
      )}
    </article>
  );
}

interface AskProps {
  hearing: Hearing;
  view: MinutesView;
  line: ReadParagraph;
  onClose: () => void;
}

function AskDialog({ hearing, view, line, onClose }: AskProps) {
  const t = text().review;
  const now = lineText(view, line.line);
  const [wanted, setWanted] = useState(now);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  async function send() {
    if (wanted.trim() === now) return setProblem(t.askSame);
    setBusy(true);
    try {
      await hearing.do({ do: "correction_ask", line: line.line, revision: line.revision, wanted, reason });
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
      title={t.askTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" disabled={busy} onClick={() => void send()}>
            {t.askSend}
          </Button>
        </>
      }
    >
      <div class="stack">
        <p>
          <span class="small soft">{t.askNow}</span>
          <br />
          {line.speaker}：{now}
        </p>
        <TextArea label={t.askWanted} value={wanted} onInput={setWanted} rows={3} maxLength={4000} />
        <TextArea label={t.askReason} value={reason} onInput={setReason} rows={2} maxLength={200} />
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
