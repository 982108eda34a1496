import { useEffect, useState } from "preact/hooks";
import { call } from "../../protocol/api.ts";
import type { SessionSummary, Staff } from "../../protocol/staff.ts";
import { stageText } from "../../text/stage.ts";
import { Notice, Select } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

const NONE = "";

interface Gate {
  session: string | null;
}

/** Whether who signs in passes the court's gate first, and of which of today's sessions. The court's people set it. */
export function GatePanel({ id, staff }: { id: string; staff: Staff }) {
  const t = stageText().gate;
  const [gate, setGate] = useState<Gate | null>(null);
  const [sessions, setSessions] = useState<SessionSummary[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const path = `meetings/${encodeURIComponent(id)}/gate`;
  const court = staff.role !== "administrator";
  async function run(what: () => Promise<void>) {
    try {
      await what();
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => {
    void run(async () => {
      setGate(await call<Gate>(path));
      if (court) setSessions((await call<SessionSummary[]>("sessions")).filter((one) => one.identity !== "none"));
    });
  }, [path, court]);
  if (!gate) return problem ? <Notice tone="bad">{problem}</Notice> : null;
  const chosen = gate.session ?? NONE;
  const options = [
    { value: NONE, label: t.none },
    ...sessions.map((one) => ({ value: one.id, label: `${one.title || one.case_no} · ${t.levels[one.identity]}` })),
  ];
  // Of another day: it stays what it is until somebody chooses anew.
  if (!options.some((one) => one.value === chosen)) options.push({ value: chosen, label: t.other });
  return (
    <div class="panel">
      <div class="panel-head">
        <h3>{t.title}</h3>
      </div>
      <div class="panel-body stack">
        <p class="soft">{t.hint}</p>
        {court ? (
          <Select
            label={t.session}
            value={chosen}
            options={options}
            onChange={(session) =>
              void run(async () =>
                setGate(await call<Gate>(path, { method: "PUT", body: { session: session || null } })),
              )
            }
          />
        ) : (
          <p>{gate.session ? t.on : t.none}</p>
        )}
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
      </div>
    </div>
  );
}
