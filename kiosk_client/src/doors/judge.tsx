import { useState } from "preact/hooks";
import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { Console } from "../features/bench/Console.tsx";
import { Today } from "../features/bench/Today.tsx";
import type { CourtCard } from "../protocol/api.ts";
import type { Staff } from "../protocol/staff.ts";
import { courtText } from "../text/court.ts";
import { openDoor } from "./open.tsx";

/** The session is kept in the address, so that a reload comes back into the same courtroom. */
function chosen(): string | null {
  return new URLSearchParams(location.search).get("session");
}

function Bench({ staff, court }: { staff: Staff; court: CourtCard }) {
  const [session, setSession] = useState(chosen);
  function go(next: string | null) {
    history.replaceState(null, "", next ? `/judge?session=${encodeURIComponent(next)}` : "/judge");
    setSession(next);
  }
  if (session) return <Console session={session} court={court} onBack={() => go(null)} />;
  return (
    <>
      <StaffBar court={court.court} title={courtText().bench.title} staff={staff} />
      <Today court={court} onEnter={go} />
    </>
  );
}

openDoor("judge", <StaffGate post="judge">{(staff, court) => <Bench staff={staff} court={court} />}</StaffGate>);
