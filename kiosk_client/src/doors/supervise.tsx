import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { Supervise } from "../features/supervise/Supervise.tsx";
import { courtText } from "../text/court.ts";
import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor(
  "supervise",
  <StaffGate post="supervisor">
    {(staff, court) => (
      <>
        <a class="skip" href="#work">
          {text().common.skip}
        </a>
        <StaffBar court={court.court} title={courtText().supervise.title} staff={staff} />
        <Supervise name={staff.name} zone={court.time_zone} />
      </>
    )}
  </StaffGate>,
);
