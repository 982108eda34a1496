import type { DivisionResult, MotionView, Result } from "../../protocol/meeting.ts";
import { meetingText } from "../../text/meeting.ts";
import { Icon } from "../../ui/index.ts";
import { heads, percent, yuan } from "./money.ts";
import { groupName } from "./names.ts";
import { reached } from "./threshold.ts";
import "./result.css";

/** The announced result: for each division heads and amount against what was needed, and what was missing. */
export function ResultBars({ motion, result }: { motion: MotionView; result: Result }) {
  const t = meetingText().result;
  return (
    <section class="result">
      <p class={`result-word ${result.passed ? "result-passed" : "result-failed"}`}>
        <Icon name={result.passed ? "check" : "close"} />
        <strong>{result.passed ? t.passed : t.failed}</strong>
        {t.next[result.next] && <span>{t.next[result.next]}</span>}
      </p>
      {result.divisions.map((division) => (
        <Division key={division.division} motion={motion} division={division} />
      ))}
    </section>
  );
}

function Division({ motion, division }: { motion: MotionView; division: DivisionResult }) {
  const t = meetingText().result;
  const { choices } = meetingText();
  const { heads: h, amount: a } = reached(motion.matter, motion.options, division);
  const { heads_missing, amount_missing_fen } = division;
  const share = a.share === "half" ? t.half : t.twoThirds;
  const counts = [
    [choices.agree, division.agree],
    [choices.against, division.against],
    [choices.abstain, division.abstain],
    [choices.invalid, division.invalid],
    [t.deemed, division.deemed],
    [t.silent, division.silent],
  ] as const;
  return (
    <div class="division">
      {division.division !== "all" && (
        <h4>
          {groupName(division.division)} · {division.passed ? t.passed : t.failed}
        </h4>
      )}
      <Bar
        name={t.heads}
        value={t.share(t.headsOf(heads(h.agree), heads(h.base)), percent(h.agree, h.base))}
        need={h.over_half ? t.needHalf : t.needSome}
        missing={heads_missing > 0 ? t.headsMissing(heads(heads_missing)) : ""}
        agree={part(h.agree, h.base)}
        against={part(division.against.heads, h.base)}
        threshold={h.over_half ? 0.5 : null}
      />
      <Bar
        name={t.amount}
        value={t.share(t.amountOf(yuan(a.agree_fen), yuan(a.base_fen)), percent(a.agree_fen, a.base_fen))}
        need={t.needAtLeast(share)}
        missing={amount_missing_fen > 0 ? t.amountMissing(yuan(amount_missing_fen)) : ""}
        agree={part(a.agree_fen, a.base_fen)}
        against={part(division.against.amount_fen, a.base_fen)}
        threshold={a.share === "half" ? 1 / 2 : 2 / 3}
      />
      <dl class="division-counts">
        {counts
          .filter(([name, count]) => count.heads > 0 || name === choices.agree || name === choices.against)
          .map(([name, count]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="digits">
                {t.count(heads(count.heads))} · {yuan(count.amount_fen)}
              </dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

interface BarProps {
  name: string;
  value: string;
  need: string;
  /** Empty: reached. */
  missing: string;
  /** Shares of 1. */
  agree: number;
  against: number;
  threshold: number | null;
}

function Bar({ name, value, need, missing, agree, against, threshold }: BarProps) {
  const t = meetingText().result;
  return (
    <div class="bar-row">
      <p class="bar-name">
        <strong>{name}</strong> {value}
      </p>
      <svg class="result-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-rest" width="100" height="10" />
        <rect class="bar-agree" width={100 * agree} height="10" />
        <rect class="bar-against" x={100 * agree} width={100 * against} height="10" />
        {threshold !== null && <rect class="bar-threshold" x={100 * threshold - 0.4} width="0.8" height="10" />}
      </svg>
      <p class={missing ? "bar-missing" : "bar-reached"}>
        <Icon name={missing ? "close" : "check"} /> {t.needGot(need, missing || t.reached)}
      </p>
    </div>
  );
}

function part(of: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(1, of / whole);
}
