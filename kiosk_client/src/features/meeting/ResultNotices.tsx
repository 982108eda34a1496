import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type MyNotice, type NoticeText, noticesApi } from "../../protocol/outputs.ts";
import { noticesText } from "../../text/notices.ts";
import { Button, Dialog, Notice, wallTime } from "../../ui/index.ts";
import { failureOf } from "./names.ts";

interface Props {
  id: string;
  token: string;
  person: string;
  /** Results that are announced: there is a notice of each. */
  announced: number;
}

/** 表决结果告知书: one's own and those of one's principals; opening one is what the court signs the time of. */
export function ResultNotices({ id, token, person, announced }: Props) {
  const t = noticesText();
  const api = useMemo(() => noticesApi(id, () => token), [id, token]);
  const [rows, setRows] = useState<readonly MyNotice[]>([]);
  const [shown, setShown] = useState<{ row: MyNotice; text: NoticeText } | null>(null);
  const [problem, setProblem] = useState("");
  const top = useRef<HTMLDivElement>(null);
  // The dialog begins where its first button is, which is at the end.
  useEffect(() => top.current?.scrollIntoView({ block: "start" }), [shown]);
  useEffect(() => {
    if (!announced) return;
    let gone = false;
    // Thousands hear of a result at one moment: each asks at a moment of its own.
    const timer = setTimeout(() => {
      api.mine().then(
        (found) => !gone && setRows(found),
        (cause) => !gone && setProblem(failureOf(cause)),
      );
    }, Math.random() * 3_000);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [api, announced]);

  async function open(row: MyNotice) {
    setProblem("");
    try {
      setShown({ row, text: await api.show(row) });
      setRows((before) => before.map((each) => (each === row ? { ...row, shown: true } : each)));
    } catch (cause) {
      setProblem(failureOf(cause));
    }
  }
  async function save(row: MyNotice) {
    try {
      const url = URL.createObjectURL(await api.paper(row));
      const link = document.createElement("a");
      link.href = url;
      link.download = `${t.title}-${row.motion}-${row.creditor}.docx`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (cause) {
      setProblem(failureOf(cause));
    }
  }
  if (rows.length === 0 && !problem) return null;
  return (
    <section class="card documents" aria-labelledby="notices-title">
      <h2 id="notices-title">{t.title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={`${row.motion}/${row.round}/${row.creditor}`}>
            <span class="grow">
              {row.title}
              {row.creditor !== person && t.for(row.name)}
              <span class={`document-mark ${row.shown ? "document-read" : ""}`}>{row.shown ? t.read : t.unread}</span>
            </span>
            <Button aria-label={`${t.open} ${row.title}`} onClick={() => void open(row)}>
              {t.open}
            </Button>
          </li>
        ))}
      </ul>
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
      {shown && (
        <Dialog
          open
          form="sheet"
          title={t.title}
          onClose={() => setShown(null)}
          actions={
            <>
              <Button onClick={() => void save(shown.row)}>{t.save}</Button>
              <Button kind="primary" onClick={() => setShown(null)}>
                {t.close}
              </Button>
            </>
          }
        >
          <div class="stack" ref={top}>
            {shown.text.lines.map((line) => (
              <p key={line} class="notice-line">
                {line}
              </p>
            ))}
            <p class="small soft">{t.receipt(wallTime(shown.text.receipt.utc_ms, "full"))}</p>
          </div>
        </Dialog>
      )}
    </section>
  );
}
