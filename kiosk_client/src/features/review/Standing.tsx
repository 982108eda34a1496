import { useEffect, useState } from "preact/hooks";
import type { SignerView } from "../../protocol/messages.ts";
import { reviewApi } from "../../protocol/review.ts";
import type { Hearing } from "../../state/hearing.ts";
import { timeLeft } from "../../state/review.ts";
import { text } from "../../text/index.ts";
import { Notice, wallTime } from "../../ui/index.ts";

/** How long the minutes lie open, counted by the court's clock. */
export function ReadingClock({
  hearing,
  until_utc_ms,
  zone,
}: {
  hearing: Hearing;
  until_utc_ms: number;
  zone?: string;
}) {
  const t = text().review;
  const [, beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => beat((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  const left = timeLeft(until_utc_ms, hearing.now());
  return (
    <p class={`review-clock${left && left.days > 0 ? "" : " review-clock-late"}`} role="timer" aria-live="off">
      <strong>
        {!left ? t.over : left.days > 0 ? t.left(left.days, left.hours) : t.leftShort(left.hours, left.minutes)}
      </strong>{" "}
      <span class="small">{t.until(wallTime(until_utc_ms, "full", zone))}</span>
    </p>
  );
}

/** The picture of a signature, behind the credential. */
export function Picture({ hearing, sha256 }: { hearing: Hearing; sha256: string }) {
  const [url, setUrl] = useState("");
  const session = hearing.state.value.hearing?.session ?? "";
  useEffect(() => {
    let made = "";
    let current = true;
    reviewApi.picture(session, hearing.socket.credential, sha256).then(
      (blob) => {
        if (!current) return;
        made = URL.createObjectURL(blob);
        setUrl(made);
      },
      () => undefined,
    );
    return () => {
      current = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [session, sha256]);
  return url ? <img class="review-picture" src={url} alt={text().review.picture} /> : null;
}

/** One's own word on the minutes, and what it bound. Nothing before it was given. */
export function OwnStanding({ hearing, own, zone }: { hearing: Hearing; own: SignerView; zone?: string }) {
  const t = text().review;
  const when = wallTime(own.utc_ms, "full", zone);
  if (own.standing === "outdated") return <Notice tone="warn" title={t.outdated} urgent />;
  if (own.standing === "refused") {
    return (
      <Notice tone="warn" title={t.refusedDone}>
        {when} · {t.reason}：{own.reason}
      </Notice>
    );
  }
  if (own.standing !== "signed" || !own.signed) return null;
  return (
    <Notice tone="ok" title={t.done}>
      <div class="review-done">
        <Picture hearing={hearing} sha256={own.signed.image_sha256} />
        <p>
          {t.doneAt} {when}
        </p>
        <p class="small">{t.hash}</p>
        <p class="review-hash">{own.signed.minutes_sha256}</p>
        <details>
          <summary class="small">{t.key}</summary>
          <p class="review-hash">{own.signed.public_key}</p>
        </details>
        <p class="small">{t.keyNote}</p>
      </div>
    </Notice>
  );
}
