import { useEffect, useState } from "preact/hooks";
import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { failureText } from "../features/order/Ask.tsx";
import { courtDay } from "../features/sessions/courtTime.ts";
import { DayList } from "../features/sessions/DayList.tsx";
import { SessionForm } from "../features/sessions/SessionForm.tsx";
import { SessionPane } from "../features/sessions/SessionPane.tsx";
import type { CourtCard } from "../protocol/api.ts";
import { serverMs } from "../protocol/serverTime.ts";
import { type SessionSummary, type Staff, staffApi } from "../protocol/staff.ts";
import { courtText } from "../text/court.ts";
import { text } from "../text/index.ts";
import { Button, Clock, Emblem, wallTime } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

function Workplace({ staff, court }: { staff: Staff; court: CourtCard }) {
  const { clerk: t } = courtText();
  const zone = court.time_zone;
  const [day, setDay] = useState(() => courtDay(zone, serverMs()));
  const [sessions, setSessions] = useState<SessionSummary[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const [making, setMaking] = useState(false);

  async function load(of = day) {
    try {
      setSessions(await staffApi.sessions(of));
      setProblem(null);
    } catch (cause) {
      setProblem(failureText(cause));
    }
  }
  useEffect(() => {
    setSessions(null);
    void load(day);
  }, [day]);

  return (
    <>
      <a class="skip" href="#work">
        {text().common.skip}
      </a>
      <StaffBar court={court.court} title={t.title} staff={staff}>
        <Clock now={serverMs} show={(ms) => wallTime(ms, "full", zone)} label={text().common.courtTime} />
      </StaffBar>
      <div class="clerk">
        <nav class="clerk-days" aria-label={t.sessions}>
          <Button kind="primary" wide icon="plus" onClick={() => setMaking(true)}>
            {t.create}
          </Button>
          <DayList
            zone={zone}
            day={day}
            onDay={setDay}
            sessions={sessions}
            problem={problem}
            onRetry={() => void load()}
            picked={making ? null : picked}
            onPick={(id) => {
              setPicked(id);
              setMaking(false);
            }}
          />
        </nav>
        <main id="work" class="clerk-work" tabIndex={-1}>
          {making ? (
            <SessionForm
              court={court}
              staff={staff}
              day={day}
              onClose={() => setMaking(false)}
              onMade={(session) => {
                setMaking(false);
                setDay(courtDay(zone, session.scheduled_utc_ms));
                setPicked(session.id);
                void load(courtDay(zone, session.scheduled_utc_ms));
              }}
            />
          ) : picked ? (
            <SessionPane id={picked} court={court} account={staff.account} onChange={() => void load()} />
          ) : (
            <div class="nothing-picked">
              <Emblem />
              <h2>{t.pickOne}</h2>
              <p>{t.pickOneHint}</p>
            </div>
          )}
        </main>
      </div>
    </>
  );
}

openDoor("clerk", <StaffGate post="clerk">{(staff, court) => <Workplace staff={staff} court={court} />}</StaffGate>);
