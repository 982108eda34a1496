import { useState } from "preact/hooks";
import {
  type Access,
  accessApi,
  GROUNDS,
  type Ground,
  type JoinedCase,
  type Restricted,
} from "../../protocol/access.ts";
import { courtText } from "../../text/court.ts";
import { Choice, Field, Notice, Select } from "../../ui/index.ts";
import { Ask, Unfit } from "../order/Ask.tsx";
import { type Span, spanOf } from "./span.ts";
import { type Who, whatOf, whenOf } from "./words.ts";

interface Props {
  session: string;
  people: readonly Who[];
  cases: readonly JoinedCase[];
  mayLift: boolean;
  onDone: (now: Restricted) => void;
  onClose: () => void;
}

const WHOLE: Span = { from_ms: 0, to_ms: null };

/** One part of the record: what, when, for whom, why; and in a sentence what the editions will lack. */
export function RestrictDialog({ session, people, cases, mayLift, onDone, onClose }: Props) {
  const t = courtText().access;
  const [what, setWhat] = useState<"all" | "person">("person");
  const [who, setWho] = useState("");
  const [when, setWhen] = useState<"whole" | "span">("whole");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [access, setAccess] = useState<Access>("parties");
  const [ground, setGround] = useState<Ground>("privacy");
  const [caseNo, setCaseNo] = useState("");
  const participant = what === "person" ? who : null;
  // Everything of the whole session would leave an edition of nothing: then a span is asked for.
  const spanned = what === "all" || when === "span";
  const span = spanned ? spanOf(from, to) : WHOLE;
  const ready = typeof span !== "string" && participant !== "";
  return (
    <Ask
      title={t.addTitle}
      yes={t.save}
      reason="optional"
      reasonLabel={t.reason}
      reasonHint=""
      onYes={async (reason) => {
        if (participant === "") throw new Unfit(t.problems.who);
        if (typeof span === "string") throw new Unfit(t.problems[span]);
        const body = { ...span, access, ground, participant, case_no: caseNo || null, reason };
        onDone(await accessApi.restrict(session, body));
      }}
      onClose={onClose}
    >
      <Choice
        legend={t.what}
        value={what}
        onChange={setWhat}
        options={[
          { value: "person", label: t.whatPerson },
          { value: "all", label: t.whatAll },
        ]}
      />
      {what === "person" && (
        <Select
          label={t.who}
          value={who}
          onChange={setWho}
          options={[{ value: "", label: "—" }, ...people.map((one) => ({ value: one.participant, label: one.name }))]}
        />
      )}
      {what === "person" && (
        <Choice
          legend={t.when}
          value={when}
          onChange={setWhen}
          options={[
            { value: "whole", label: t.whenWhole },
            { value: "span", label: t.whenSpan },
          ]}
        />
      )}
      {spanned && (
        <div class="two">
          <Field label={t.fromTime} value={from} onInput={setFrom} hint={t.timeHint} maxLength={10} required />
          <Field label={t.toTime} value={to} onInput={setTo} hint={t.toHint} maxLength={10} />
        </div>
      )}
      <Choice
        legend={t.access}
        value={access}
        onChange={setAccess}
        options={(["parties", "court"] as const).map((value) => ({ value, label: t.kept[value] }))}
      />
      <Select
        label={t.ground}
        value={ground}
        onChange={(value) => setGround(value as Ground)}
        options={GROUNDS.map((value) => ({ value, label: t.grounds[value] }))}
      />
      {cases.length > 1 && (
        <>
          <Select
            label={t.case}
            value={caseNo}
            onChange={setCaseNo}
            options={[
              { value: "", label: t.anyCase },
              ...cases.map((one) => ({ value: one.case_no, label: one.case_no })),
            ]}
          />
          <p class="soft small">{t.caseHint}</p>
        </>
      )}
      {ready && (
        <Notice title={t.from[access]}>
          {whatOf({ participant }, people)} · <span class="digits">{whenOf(span)}</span>
          {!mayLift && ` · ${t.byJudge}`}
        </Notice>
      )}
    </Ask>
  );
}
