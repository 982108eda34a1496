import { StaffBar } from "../features/accounts/StaffBar.tsx";
import { StaffGate } from "../features/accounts/StaffGate.tsx";
import { SearchPage } from "../features/search/SearchPage.tsx";
import { courtText } from "../text/court.ts";
import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

openDoor(
  "search",
  <StaffGate>
    {(staff, court) => (
      <>
        <a class="skip" href="#work">
          {text().common.skip}
        </a>
        <StaffBar court={court.court} title={courtText().search.title} staff={staff} />
        <SearchPage zone={court.time_zone} />
      </>
    )}
  </StaffGate>,
);
