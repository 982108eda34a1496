import { useEffect, useState } from "preact/hooks";
import type { SignerView } from "../../protocol/messages.ts";
import { type CorrectionView, type MinutesView, reviewApi } from "../../protocol/review.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { complete, inOrder, lineText } from "../../state/review.ts";
import { text } from "../../text/index.ts";
import { Button, Notice, wallTime } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { Ask } from "../order/Ask.tsx";
import { failureText } from "../order/failure.ts";
import { Documents } from "./Documents.tsx";
import { Answer, Change } from "./Paper.tsx";
import { Review } from "./Review.tsx";
import "./review.css";

function nameIn(hearing: Hearing, participant: string): string {
  const who = person(hearing.state.value, participant);
  return who ? titleOf(who) : participant;
}

/** The clerk's side of the review: lay open, answer requests, see who has signed, conclude. */
export function ClerkReview({ hearing, zone }: { hearing: Hearing; zone: string }) {
  const t = text().review.clerk;
  const [opening, setOpening] = useState(false);
  const { state, session = "" } = hearing.state.value.hearing ?? {};
  if (state === "closed") {
    return (
      <div class="panel-body stack">
        <Notice
          actions={
            <Button kind="primary" onClick={() => setOpening(true)}>
              {t.open}
            </Button>
          }
        >
          {t.closed}
        </Notice>
        <Documents session={session} />
        {opening && (
          <Ask
            title={t.openTitle}
            yes={t.openYes}
            onYes={async () => void (await hearing.do({ do: "review_open" }))}
            onClose={() => setOpening(false)}
          >
            <p>{t.openText}</p>
          </Ask>
        )}
      </div>
    );
  }
  if (!hearing.state.value.review) return <p class="panel-body soft">{t.before}</p>;
  return (
    <Review
      hearing={hearing}
      zone={zone}
      above={({ view }) => view && <Desk hearing={hearing} view={view} zone={zone} mayDecide />}
    />
  );
}

interface DeskProps {
  hearing: Hearing;
  view: MinutesView;
  zone: string;
  /** The clerk's; the bench only looks. */
  mayDecide?: boolean;
}

/** Requests and signatures as the court's people see them. */
export function Desk({ hearing, view, zone, mayDecide }: DeskProps) {
  const t = text().review.clerk;
  const [finishing, setFinishing] = useState(false);
  const { review, hearing: court } = hearing.state.value;
  if (!review) return null;
  const open = court?.state === "transcript_review";
  const ready = complete(review.signers, review.undecided);
  const done = review.signers.filter((one) => one.standing === "signed" || one.standing === "refused").length;
  return (
    <div class="review-desk">
      <Documents session={court?.session ?? ""} />
      <section class="review-box">
        <h2>{t.requests(review.undecided)}</h2>
        {view.corrections.length === 0 && <p class="soft">{t.none}</p>}
        {inOrder(view.corrections).map((one) => (
          <Request key={one.id} hearing={hearing} view={view} asked={one} mayDecide={open && mayDecide} />
        ))}
      </section>
      <section class="review-box">
        <h2>{t.signers(done, review.signers.length)}</h2>
        <ul class="review-signers">
          {review.signers.map((one) => (
            <Signer
              key={one.participant}
              hearing={hearing}
              view={view}
              signer={one}
              zone={zone}
              mayRecord={open && mayDecide}
            />
          ))}
        </ul>
        {open && mayDecide && (
          <>
            <Button kind="primary" disabled={!ready} onClick={() => setFinishing(true)}>
              {t.finish}
            </Button>
            {!ready && <p class="small soft">{t.finishWait}</p>}
          </>
        )}
      </section>
      {finishing && (
        <Ask
          title={t.finishTitle}
          yes={t.finish}
          onYes={async () => void (await hearing.do({ do: "review_close" }))}
          onClose={() => setFinishing(false)}
        >
          <p>{t.finishText}</p>
        </Ask>
      )}
    </div>
  );
}

interface RequestProps {
  hearing: Hearing;
  view: MinutesView;
  asked: CorrectionView;
  mayDecide?: boolean;
}

function Request({ hearing, view, asked, mayDecide }: RequestProps) {
  const t = text().review.clerk;
  const r = text().review;
  const [deciding, setDeciding] = useState<"accept" | "deny" | null>(null);
  const [url, setUrl] = useState("");
  const [problem, setProblem] = useState("");
  const line = view.paragraphs.find((one) => one.line === asked.line);
  const session = hearing.state.value.hearing?.session ?? "";
  useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url]);
  async function listen() {
    if (!line) return;
    setProblem("");
    try {
      setUrl(URL.createObjectURL(await reviewApi.sound(session, hearing.socket.credential, line)));
    } catch (cause) {
      const lost = cause instanceof Error && "code" in cause && cause.code === "no-sound";
      setProblem(lost ? t.lost : failureText(cause));
    }
  }
  const decide = async (accepted: boolean, reason: string) => {
    const revision = line?.revision ?? 0;
    await hearing.do({ do: "correction_decide", correction: asked.id, revision, accepted, reason });
  };
  const waiting = asked.accepted === null;
  const now = lineText(view, asked.line);
  return (
    <div class="review-request" data-correction={asked.id}>
      <p>
        <strong>{t.from(nameIn(hearing, asked.participant))}</strong>
      </p>
      <Answer correction={asked} />
      {!waiting && <p class="small soft">{asked.listened ? t.heard : t.notHeard}</p>}
      {waiting && line && now !== asked.was && (
        <Notice tone="warn" title={t.now}>
          {now}
        </Notice>
      )}
      {waiting && !line && <Notice tone="warn">{t.gone}</Notice>}
      {waiting && mayDecide && (
        <>
          {problem && (
            <Notice tone="warn" urgent>
              {problem}
            </Notice>
          )}
          {url && <audio class="review-audio" src={url} controls autoplay />}
          <div class="row">
            {line?.track ? (
              <Button icon="speaker" onClick={() => void listen()}>
                {t.listen}
              </Button>
            ) : (
              <span class="small soft">{t.noSound}</span>
            )}
            <Button kind="primary" disabled={!line} onClick={() => setDeciding("accept")}>
              {t.accept}
            </Button>
            <Button onClick={() => setDeciding("deny")}>{t.deny}</Button>
          </div>
        </>
      )}
      {deciding && (
        <Ask
          title={deciding === "accept" ? t.acceptTitle : t.denyTitle}
          yes={deciding === "accept" ? t.accept : t.deny}
          reason={deciding === "accept" ? "optional" : "required"}
          onYes={(reason) => decide(deciding === "accept", reason)}
          onClose={() => setDeciding(null)}
        >
          {deciding === "accept" && <p>{t.acceptText}</p>}
          <p>
            <span class="small soft">{r.askWanted}</span>
            <br />
            <Change was={asked.was} wanted={asked.wanted} />
          </p>
        </Ask>
      )}
    </div>
  );
}

interface SignerProps {
  hearing: Hearing;
  view: MinutesView;
  signer: SignerView;
  zone: string;
  mayRecord?: boolean;
}

function Signer({ hearing, view, signer, zone, mayRecord }: SignerProps) {
  const t = text().review.clerk;
  const [asking, setAsking] = useState(false);
  const name = nameIn(hearing, signer.participant);
  const waits = signer.standing === "outstanding" || signer.standing === "outdated";
  const tone = signer.standing === "signed" ? "tag-ok" : "tag-warn";
  return (
    <li data-signer={signer.participant}>
      <span class="grow">
        {name}
        {signer.utc_ms > 0 && <span class="small soft"> {wallTime(signer.utc_ms, "full", zone)}</span>}
        {signer.reason && <span class="small"> {signer.reason}</span>}
      </span>
      <span class={`tag ${tone}`}>{t.standing[signer.standing]}</span>
      {mayRecord && waits && signer.participant !== hearing.state.value.me && (
        <Button kind="quiet" onClick={() => setAsking(true)}>
          {t.record}
        </Button>
      )}
      {asking && (
        <Ask
          title={t.recordTitle(name)}
          yes={t.record}
          reason="required"
          onYes={async (reason) => {
            const participant = signer.participant;
            await hearing.do({ do: "minutes_refuse", minutes_sha256: view.sha256, reason, participant });
          }}
          onClose={() => setAsking(false)}
        >
          <p>{t.recordText}</p>
        </Ask>
      )}
    </li>
  );
}
