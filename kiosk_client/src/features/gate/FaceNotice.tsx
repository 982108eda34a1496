import { useEffect, useState } from "preact/hooks";
import type { GateApi, GateNotice, Guardian } from "../../protocol/gate.ts";
import { language } from "../../state/preferences.ts";
import { either, text } from "../../text/index.ts";
import { Button, Choice, Icon, Tick } from "../../ui/index.ts";
import { NoticeText } from "../entry/NoticeText.tsx";
import { GateFrame } from "./GateFrame.tsx";
import type { Attempt } from "./useAttempt.ts";

interface Props {
  gate: GateApi;
  attempt: Attempt;
  /** Under fourteen by the document: a guardian consents in the child's place. */
  guardian: boolean;
}

/** The separate consent to the use of one's face, with the way without it beside it; nothing is chosen beforehand. */
export function FaceNotice({ gate, attempt, guardian }: Props) {
  const t = text().gate.notice;
  const [notice, setNotice] = useState<GateNotice | null>(null);
  const [chosen, setChosen] = useState(guardian);
  const [agreed, setAgreed] = useState(false);
  const [relation, setRelation] = useState<Guardian>("parent");
  const load = () => attempt.run(async () => setNotice(await gate.notice()));
  useEffect(() => void load(), []);
  const consent = () =>
    attempt.run(() => gate.consent(notice?.sha256 ?? "", language.value, guardian ? relation : undefined));
  const clerk = (
    <Button kind={chosen ? "quiet" : "plain"} onClick={() => void attempt.run(gate.decline)} disabled={attempt.busy}>
      {t.clerk}
    </Button>
  );
  if (!chosen)
    return (
      <GateFrame step={0} title={t.title} lead={t.lead} problem={attempt.problem}>
        <div class="gate-ways">
          <button type="button" class="gate-way" onClick={() => setChosen(true)} disabled={!notice}>
            <Icon name="camera" />
            <strong>{t.face}</strong>
            <span>{t.faceHint}</span>
          </button>
          <button
            type="button"
            class="gate-way"
            onClick={() => void attempt.run(gate.decline)}
            disabled={attempt.busy}
          >
            <Icon name="people" />
            <strong>{t.clerk}</strong>
            <span>{t.clerkHint}</span>
          </button>
        </div>
        {!notice && attempt.problem && <Button onClick={() => void load()}>{text().common.retry}</Button>}
      </GateFrame>
    );
  return (
    <GateFrame
      step={0}
      title={guardian ? t.guardianTitle : t.read}
      lead={guardian ? t.guardianLead : undefined}
      problem={attempt.problem}
      actions={
        <>
          {clerk}
          <Button
            kind="primary"
            big
            wide
            disabled={!notice || !agreed || attempt.busy}
            onClick={() => void consent()}
          >
            {t.continue}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="notice-text gate-notice" tabIndex={0} aria-label={t.read}>
        {notice && <NoticeText body={either(notice.zh, notice.en)} />}
      </section>
      {notice && <p class="small soft">{t.retention(notice.retention_h)}</p>}
      {guardian && (
        <Choice
          legend={t.relation}
          value={relation}
          onChange={setRelation}
          options={[
            { value: "parent", label: t.parent },
            { value: "other", label: t.other },
          ]}
        />
      )}
      <Tick checked={agreed} onChange={setAgreed} disabled={!notice}>
        {guardian ? t.guardianAgree : t.agree}
      </Tick>
    </GateFrame>
  );
}
