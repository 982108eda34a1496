import { useEffect, useState } from "preact/hooks";
import { DeviceGate } from "../features/display/DeviceGate.tsx";
import { sessionInPath } from "../features/display/screen.ts";
import { Wall } from "../features/display/Wall.tsx";
import { keepAwake } from "../media/wakelock.ts";
import { api, type CourtCard } from "../protocol/api.ts";
import { courtText } from "../text/court.ts";
import { openDoor } from "./open.tsx";

const RETRY_MS = 5_000;

function Display() {
  const [court, setCourt] = useState<CourtCard | null>(null);
  const [session, setSession] = useState(() => sessionInPath(location.pathname));
  useEffect(() => keepAwake(), []);
  useEffect(() => {
    if (court) return;
    // A wall is switched on before anybody looks: it waits for the server by itself.
    const ask = () => void api.court().then(setCourt, () => undefined);
    ask();
    const timer = setInterval(ask, RETRY_MS);
    return () => clearInterval(timer);
  }, [court]);
  if (!court) return <main class="wall-form">{courtText().staff.display.connecting}</main>;
  return (
    <DeviceGate
      zone={court.time_zone}
      session={session}
      onSession={(next) => {
        history.replaceState(null, "", `/display/${encodeURIComponent(next)}`);
        setSession(next);
      }}
    >
      {(credential, chosen) => <Wall session={chosen} credential={credential} court={court} />}
    </DeviceGate>
  );
}

openDoor("display", <Display />);
