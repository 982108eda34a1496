import { useEffect, useState } from "preact/hooks";
import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { ConsolePane } from "../features/console/ConsolePane.tsx";
import { MeetingForm } from "../features/console/MeetingForm.tsx";
import { failureText } from "../features/order/Ask.tsx";
import type { CourtCard } from "../protocol/api.ts";
import { type MeetingRow, meetingsApi } from "../protocol/console.ts";
import { serverMs } from "../protocol/serverTime.ts";
import type { Staff } from "../protocol/staff.ts";
import { consoleText } from "../text/console.ts";
import { text } from "../text/index.ts";
import { Button, Clock, Emblem, Notice, Progress, wallTime } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

const inAddress = () => new URLSearchParams(location.search).get("id");

function Meetings({ staff, court }: { staff: Staff; court: CourtCard }) {
  const t = consoleText();
  const zone = court.time_zone;
  const [rows, setRows] = useState<MeetingRow[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(inAddress);
  const [making, setMaking] = useState(false);
  const states: Readonly<Record<string, string>> = t.states;

  async function load() {
    try {
      const found = await meetingsApi.list();
      setRows(found.sort((a, b) => b.scheduled_utc_ms - a.scheduled_utc_ms));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => void load(), []);

  function pick(id: string | null) {
    setPicked(id);
    setMaking(false);
    history.replaceState(null, "", id ? `/meetings?id=${encodeURIComponent(id)}` : "/meetings");
  }

  return (
    <>
      <a class="skip" href="#work">
        {text().common.skip}
      </a>
      <StaffBar court={court.court} title={t.title} staff={staff}>
        <Clock now={serverMs} show={(ms) => wallTime(ms, "full", zone)} label={text().common.courtTime} />
      </StaffBar>
      <div class={`runs${picked || making ? " runs-picked" : ""}`}>
        <nav class="runs-list" aria-label={t.list}>
          <Button kind="primary" wide icon="plus" onClick={() => setMaking(true)}>
            {t.create}
          </Button>
          {problem && (
            <Notice tone="bad" urgent actions={<Button onClick={() => void load()}>{text().common.retry}</Button>}>
              {problem}
            </Notice>
          )}
          {rows === null && !problem && <Progress label={text().common.loading} />}
          {rows?.length === 0 && <p class="soft">{t.none}</p>}
          <ul>
            {rows?.map((row) => (
              <li key={row.id}>
                <button
                  type="button"
                  class={`runs-card${row.id === picked && !making ? " runs-card-picked" : ""}`}
                  aria-current={row.id === picked && !making ? "true" : undefined}
                  onClick={() => pick(row.id)}
                >
                  <strong>{row.title}</strong>
                  <span class="small soft digits">{row.case_no}</span>
                  <span class="row">
                    <span class="tag">{states[row.state] ?? row.state}</span>
                    <span class="small soft digits">{wallTime(row.scheduled_utc_ms, "full", zone).slice(0, 16)}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
        <main id="work" class="runs-work" tabIndex={-1}>
          {(picked || making) && (
            <div class="runs-back">
              <Button kind="quiet" icon="back" onClick={() => pick(null)}>
                {t.back}
              </Button>
            </div>
          )}
          {making ? (
            <MeetingForm
              court={court}
              onClose={() => setMaking(false)}
              onMade={(console) => {
                pick(console.meeting.id);
                void load();
              }}
            />
          ) : picked ? (
            <ConsolePane key={picked} id={picked} staff={staff} zone={zone} onState={() => void load()} />
          ) : (
            <div class="runs-none">
              <Emblem />
              <h2>{t.pick}</h2>
              <p>{t.pickHint}</p>
            </div>
          )}
        </main>
      </div>
    </>
  );
}

openDoor(
  "meetings",
  <StaffGate administrator>{(staff, court) => <Meetings staff={staff} court={court} />}</StaffGate>,
);
