import { Notice } from "../../ui/index.ts";
import { partOf } from "../../verify/count.ts";
import type { Division, Opened, Result } from "../../verify/leaves.ts";
import type { Report } from "../../verify/log.ts";
import { verifyWords } from "./words.ts";

const number = new Intl.NumberFormat("zh-CN");
const yuan = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2 });
const MOST_SHOWN = 5;

/** What a verification found. */
export function ReportView({ report, keyGiven }: { report: Report; keyGiven: boolean }) {
  const t = verifyWords();
  return (
    <>
      {report.ok ? (
        <Notice tone="ok" title={`✓ ${t.ok}`} urgent>
          <p>{report.edition === "court" ? t.okCourt : t.okPublic}</p>
          <p>{report.receiptChecked ? t.receiptOk : t.receiptNo}</p>
          {keyGiven && <p>{t.keySame}</p>}
        </Notice>
      ) : (
        <Notice tone="bad" title={`✗ ${t.bad}`} urgent>
          <ol class="verify-faults">
            {report.wrong.slice(0, MOST_SHOWN).map((fault) => (
              <li key={`${fault.line} ${fault.en}`}>
                <strong>{t.line(fault.line, fault.seq)}</strong>
                <p lang="zh-CN">{fault.zh}</p>
                <p lang="en">{fault.en}</p>
              </li>
            ))}
          </ol>
          <p>{t.badHelp}</p>
        </Notice>
      )}
      {report.key && (
        <div>
          {!keyGiven && <p>{t.keyCompare}</p>}
          <p class="verify-hash digits">{(report.key.match(/.{1,8}/g) ?? []).join(" ")}</p>
        </div>
      )}
      {report.ok && report.results.length > 0 && (
        <>
          <h2>{t.results}</h2>
          {report.caseNo && <p class="soft">{[report.caseNo, report.title].filter(Boolean).join(" · ")}</p>}
          {report.results.map(({ opened, result }) => (
            <Motion key={`${opened.motion} ${opened.round}`} opened={opened} result={result} />
          ))}
        </>
      )}
      <p class="small soft">
        {t.facts(number.format(report.leaves), number.format(report.ballots), number.format(report.heads))}
      </p>
      {report.root && (
        <p class="small soft verify-hash">
          {t.root} {report.root}
        </p>
      )}
    </>
  );
}

function Motion({ opened, result }: { opened: Opened; result: Result }) {
  const t = verifyWords();
  return (
    <article class="verify-motion">
      <header class="row">
        <h3>{opened.title || opened.motion}</h3>
        <span class="soft">{t.round(opened.round)}</span>
        <strong class={result.passed ? "verify-passed" : "verify-failed"}>
          {result.passed ? t.passed : t.failed}
        </strong>
      </header>
      {result.divisions.map((division) => (
        <Bars key={division.division} division={division} opened={opened} />
      ))}
    </article>
  );
}

function Bars({ division, opened }: { division: Division; opened: Opened }) {
  const t = verifyWords();
  const { agree, deemed, present, total } = division;
  const isAgreed = opened.options.silent === "deemed_agree";
  const heads = agree.heads + (isAgreed ? deemed.heads : 0);
  const fen = agree.amount_fen + (isAgreed ? deemed.amount_fen : 0);
  const isEquity = division.division === "equity";
  const base = isEquity && opened.options.equity_base === "present" ? present.amount_fen : total.amount_fen;
  const [part, whole] = partOf(opened.matter);
  return (
    <div class="verify-division">
      {division.division !== "all" && <h4>{t.groups[division.division]}</h4>}
      <Bar
        label={t.heads}
        says={t.headsOf(number.format(heads), number.format(present.heads))}
        need={isEquity ? t.needOne : t.needHeads}
        value={heads}
        of={present.heads}
        at={isEquity ? 0 : 0.5}
        met={division.heads_missing === 0}
      />
      <Bar
        label={t.amount}
        says={t.amountOf(yuan.format(fen / 100), yuan.format(base / 100))}
        need={t.needPart(`${part}/${whole}`)}
        value={fen}
        of={base}
        at={part / whole}
        met={division.amount_missing_fen === 0}
      />
    </div>
  );
}

interface BarProps {
  label: string;
  says: string;
  need: string;
  value: number;
  of: number;
  /** The threshold, 0 to 1. */
  at: number;
  met: boolean;
}

function Bar({ label, says, need, value, of, at, met }: BarProps) {
  return (
    <div class="verify-bar">
      <p>
        <span>{label}</span> <span class="digits">{says}</span>{" "}
        <span class="soft">{`${met ? "✓" : "✗"} ${need}`}</span>
      </p>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="presentation" class={met ? "met" : "missed"}>
        <rect class="verify-rest" width="100" height="6" />
        <rect class="verify-part" width={of > 0 ? (100 * value) / of : 0} height="6" />
        {at > 0 && <rect class="verify-at" x={100 * at - 0.3} width="0.6" height="6" />}
      </svg>
    </div>
  );
}
