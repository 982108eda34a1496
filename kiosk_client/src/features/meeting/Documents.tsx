import { useState } from "preact/hooks";
import type { DocumentView, MeetingView, Mine } from "../../protocol/meeting.ts";
import type { Meeting } from "../../state/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Button, Notice } from "../../ui/index.ts";
import { failureOf } from "./names.ts";

interface Props {
  meeting: Meeting;
  view: MeetingView;
  mine: Mine;
}

/** The agenda's documents; each is compared with its published hash before it is shown. */
export function Documents({ meeting, view, mine }: Props) {
  const t = meetingText().documents;
  const [opening, setOpening] = useState("");
  const [opened, setOpened] = useState<{ title: string; url: string } | null>(null);
  const [problem, setProblem] = useState("");
  const [read, setRead] = useState<ReadonlySet<string>>(new Set());

  async function open(document: DocumentView) {
    // Opened at once, or the browser takes it for a pop-up that nobody asked for.
    const tab = window.open("", "_blank");
    setOpening(document.document);
    setProblem("");
    try {
      const blob = await meeting.open(document);
      if (!blob) {
        tab?.close();
        return setProblem(t.unlike);
      }
      const url = URL.createObjectURL(blob);
      if (opened) URL.revokeObjectURL(opened.url);
      setOpened({ title: document.title, url });
      setRead((before) => new Set(before).add(document.document));
      tab?.location.replace(url);
    } catch (cause) {
      tab?.close();
      setProblem(failureOf(cause));
    } finally {
      setOpening("");
    }
  }
  return (
    <section class="card documents" aria-labelledby="documents-title">
      <h2 id="documents-title">{t.title}</h2>
      {view.documents.length === 0 && <p class="soft">{t.none}</p>}
      <ul>
        {view.documents.map((document) => {
          const done = read.has(document.document) || mine.read.includes(document.document);
          return (
            <li key={document.document}>
              <span class="grow">
                {document.title}
                <span class={`document-mark ${done ? "document-read" : ""}`}>{done ? t.read : t.unread}</span>
              </span>
              <Button
                aria-label={`${t.open} ${document.title}`}
                disabled={opening !== ""}
                onClick={() => void open(document)}
              >
                {opening === document.document ? t.opening : t.open}
              </Button>
            </li>
          );
        })}
      </ul>
      {opened && (
        <p class="small">
          <a href={opened.url} download={opened.title}>
            {t.saved}
          </a>
        </p>
      )}
      {problem && (
        <Notice tone="bad" urgent>
          {problem}
        </Notice>
      )}
    </section>
  );
}
