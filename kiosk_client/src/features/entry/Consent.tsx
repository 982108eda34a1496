import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, api, type Invitation } from "../../protocol/api.ts";
import { language } from "../../state/preferences.ts";
import { either, text } from "../../text/index.ts";
import { Button, Dialog, Notice, Tick } from "../../ui/index.ts";
import { EntryFrame } from "./EntryFrame.tsx";
import { NoticeText } from "./NoticeText.tsx";

interface Props {
  invitation: Invitation;
  onConsented: () => void;
  corner?: preact.ComponentChildren;
}

/** Step 2: the notice, read to its end; two boxes; the hash of the very text that was shown is sent. */
export function Consent({ invitation, onConsented, corner }: Props) {
  const t = text();
  const scroller = useRef<HTMLDivElement>(null);
  const [read, setRead] = useState(false);
  const [agree, setAgree] = useState(false);
  const [place, setPlace] = useState(false);
  const [declined, setDeclined] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { notices } = invitation;

  const look = () => {
    const box = scroller.current;
    if (box && box.scrollTop + box.clientHeight >= box.scrollHeight - 24) setRead(true);
  };
  // A text that fits, or type that was made smaller, is read without scrolling.
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  });

  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      await api.consent(invitation.code, notices.sha256, language.value);
      onConsented();
    } catch (cause) {
      setError(cause instanceof ApiError ? cause.shown : t.common.errors.unexpected);
    } finally {
      setBusy(false);
    }
  };

  return (
    <EntryFrame
      court={invitation.court}
      step={1}
      title={t.party.notice.title}
      corner={corner}
      actions={
        <>
          <Button kind="quiet" onClick={() => setDeclined(true)}>
            {t.party.notice.decline}
          </Button>
          <Button kind="primary" big wide disabled={!read || !agree || !place || busy} onClick={() => void send()}>
            {t.party.notice.continue}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="notice-text" ref={scroller} onScroll={look} tabIndex={0} aria-label={t.party.notice.title}>
        <NoticeText body={either(notices.zh, notices.en)} />
      </section>
      <p class={`read-mark small${read ? " read-done" : ""}`} role="status">
        {read ? `✓ ${t.party.notice.read}` : `↓ ${t.party.notice.scroll}`}
      </p>
      <div class="stack consent-ticks">
        <Tick checked={agree} onChange={setAgree} disabled={!read}>
          {t.party.notice.agree}
        </Tick>
        <Tick checked={place} onChange={setPlace} disabled={!read}>
          {t.party.notice.place}
        </Tick>
      </div>
      {error && (
        <Notice tone="bad" urgent>
          {error}
        </Notice>
      )}
      <Dialog
        open={declined}
        form="sheet"
        title={t.party.notice.declineTitle}
        onClose={() => setDeclined(false)}
        actions={<Button onClick={() => setDeclined(false)}>{t.common.back}</Button>}
      >
        <p>{t.party.notice.declineHint}</p>
      </Dialog>
    </EntryFrame>
  );
}
