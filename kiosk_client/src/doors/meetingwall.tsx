import { useEffect, useMemo } from "preact/hooks";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { MeetingWall } from "../features/console/MeetingWall.tsx";
import { Watch } from "../features/console/watch.ts";
import { keepAwake } from "../media/wakelock.ts";
import { consoleApi } from "../protocol/console.ts";
import { openDoor } from "./open.tsx";

/** `/meetings/{id}/display`. */
const meetingInPath = () => decodeURIComponent(location.pathname.split("/")[2] ?? "");

function Display({ court }: { court: string }) {
  const watch = useMemo(() => new Watch(consoleApi(meetingInPath()).console), []);
  useEffect(() => watch.start(), [watch]);
  useEffect(() => keepAwake(), []);
  return <MeetingWall court={court} shown={watch.shown.value} />;
}

openDoor("meetingwall", <StaffGate administrator>{(_, court) => <Display court={court.court} />}</StaffGate>);
