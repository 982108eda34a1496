import { EntryFrame } from "../features/entry/EntryFrame.tsx";
import { StateCard } from "../features/party/Cards.tsx";
import { text } from "../text/index.ts";
import { openDoor } from "./open.tsx";

/** What stands at an address that is promised but not built yet. */
function Later() {
  const t = text();
  const { later } = t.party;
  return (
    <EntryFrame court={t.common.product}>
      <StateCard
        icon="doc"
        title={later.title}
        lead={later.lead}
        hint={location.pathname === "/verify" ? later.hint : undefined}
      >
        <a class="button button-plain" href="/">
          {later.home}
        </a>
      </StateCard>
    </EntryFrame>
  );
}

openDoor("later", <Later />);
