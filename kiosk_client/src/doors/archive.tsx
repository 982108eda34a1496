import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { ArchiveList } from "../features/archive/ArchivePage.tsx";
import { courtText } from "../text/court.ts";
import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor(
  "archive",
  <StaffGate>
    {(staff, court) => (
      <>
        <a class="skip" href="#work">
          {text().common.skip}
        </a>
        <StaffBar court={court.court} title={courtText().archive.title} staff={staff} />
        <ArchiveList zone={court.time_zone} mayManage={staff.role !== "judge"} />
      </>
    )}
  </StaffGate>,
);
