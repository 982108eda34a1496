import { useEffect, useRef, useState } from "preact/hooks";
import { type MinutesView, reviewApi } from "../../protocol/review.ts";
import type { Hearing } from "../../state/hearing.ts";
import { text } from "../../text/index.ts";
import { Button, Choice, Dialog, Field, Notice, Tick } from "../../ui/index.ts";
import { failureText } from "../order/failure.ts";
import { drawName, Pad, picture, SHEET, type Stroke } from "./Pad.tsx";
import { sha256, signed } from "./sign.ts";

interface Props {
  hearing: Hearing;
  view: MinutesView;
  onClose: () => void;
}

/** Writes the name, shows what is bound, and signs once it is confirmed. */
export function SignDialog({ hearing, view, onClose }: Props) {
  const t = text().review;
  const sheet = useRef<HTMLCanvasElement>(null);
  const [way, setWay] = useState<"draw" | "type">("draw");
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  const [typed, setTyped] = useState("");
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const name = hearing.self.value?.seat.name ?? "";
  const written = way === "draw" ? strokes.length > 0 : typed.trim() === name;
  useEffect(() => {
    if (way === "type" && sheet.current) drawName(sheet.current, typed.trim());
  }, [way, typed]);

  async function submit() {
    const { review, me, hearing: court } = hearing.state.value;
    if (!sheet.current || !review || !court) return;
    setBusy(true);
    setProblem("");
    try {
      const drawn = await picture(sheet.current);
      const image_sha256 = await sha256(await drawn.arrayBuffer());
      await reviewApi.handIn(court.session, hearing.socket.credential, drawn);
      await hearing.do(
        await signed({
          image_sha256,
          minutes_sha256: view.sha256,
          participant: me,
          session: court.session,
          signed_utc_ms: Math.round(hearing.now()),
          verdict: review.verdict,
        }),
      );
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
      title={t.signTitle}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.cancel}</Button>
          <Button kind="primary" disabled={!written || !sure || busy} onClick={() => void submit()}>
            {busy ? t.sending : t.submit}
          </Button>
        </>
      }
    >
      <div class="stack">
        {!crypto.subtle && <Notice tone="bad">{t.noCrypto}</Notice>}
        <Choice
          legend={t.sign}
          quiet
          value={way}
          onChange={setWay}
          options={[
            { value: "draw", label: t.draw },
            { value: "type", label: t.type },
          ]}
        />
        {way === "draw" ? (
          <Pad canvas={sheet} strokes={strokes} onStrokes={setStrokes} />
        ) : (
          <>
            <Field
              label={t.typeLabel}
              value={typed}
              onInput={setTyped}
              error={typed && typed.trim() !== name ? t.typeWrong(name) : undefined}
            />
            <canvas
              ref={sheet}
              class="pad-sheet"
              width={SHEET.width}
              height={SHEET.height}
              role="img"
              aria-label={t.picture}
            />
          </>
        )}
        <div class="review-bound">
          <p>{t.bind}</p>
          <p class="small soft">{t.hash}</p>
          <p class="review-hash">{view.sha256}</p>
        </div>
        <Tick checked={sure} onChange={setSure}>
          {t.confirm}
        </Tick>
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
