import { useState } from "preact/hooks";
import type { Unmet } from "../../protocol/seal.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either } from "../../text/index.ts";
import { Tick } from "../../ui/index.ts";
import { Ask, Unfit } from "../order/Ask.tsx";

interface Props {
  hearing: Hearing;
  /** What the record will say that it lacks; nothing of it blocks. */
  unmet: readonly Unmet[];
  onClose: () => void;
}

/** The one act of this desk that nobody can take back: said in full, and ticked before it is done. */
export function SealDialog({ hearing, unmet, onClose }: Props) {
  const t = courtText().seal;
  const [sure, setSure] = useState(false);
  return (
    <Ask
      title={t.sealTitle}
      yes={t.sealYes}
      onYes={async () => {
        if (!sure) throw new Unfit(t.sealTick);
        await hearing.do({ do: "seal" });
      }}
      onClose={onClose}
    >
      <p>
        <strong>{hearing.state.value.hearing?.case_no}</strong>
      </p>
      <p>{t.sealText}</p>
      {unmet.length > 0 && (
        <ul>
          {unmet.map((one) => (
            <li key={`${one.code} ${one.about}`}>
              {either(one.zh, one.en)}（{t.told}）
            </li>
          ))}
        </ul>
      )}
      <Tick checked={sure} onChange={setSure}>
        {t.sealTick}
      </Tick>
    </Ask>
  );
}
