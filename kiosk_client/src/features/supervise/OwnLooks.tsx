import { useEffect, useState } from "preact/hooks";
import { type OwnLook, recordsApi } from "../../protocol/records.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Notice, Progress, wallTime } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

/** One's own newest looks into records, as the logs have them. */
export function OwnLooks({ zone }: { zone: string }) {
  const t = courtText().records;
  const [looks, setLooks] = useState<OwnLook[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const mine = new AbortController();
    setProblem(null);
    recordsApi.own(mine.signal).then(
      (found) => setLooks(found.looks),
      (cause: unknown) => !mine.signal.aborted && setProblem(failureText(cause)),
    );
    return () => mine.abort();
  }, [round]);
  return (
    <section class="supervise-part">
      <p class="soft">{t.ownIntro}</p>
      {problem && (
        <Notice
          tone="bad"
          urgent
          actions={<Button onClick={() => setRound(round + 1)}>{text().common.retry}</Button>}
        >
          {problem}
        </Notice>
      )}
      {!looks && !problem && <Progress label={text().common.loading} />}
      {looks?.length === 0 && (
        <div class="search-nothing" role="status">
          <h2>{t.ownNone}</h2>
          <p>{t.ownNoneHint}</p>
        </div>
      )}
      {looks && looks.length > 0 && (
        <ul class="own-looks">
          {looks.map((look) => (
            <li key={`${look.utc_ms} ${look.session} ${look.what}`}>
              <time class="digits soft">{wallTime(look.utc_ms, "full", zone)}</time>
              <strong>{look.case_no}</strong>
              <span>
                {t.parts[look.what]} {look.words && t.words(look.words, look.lines)}
              </span>
              <span class="soft">{t.why(look.reason)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
