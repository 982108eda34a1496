import { useState } from "preact/hooks";
import type { LookKind, SupervisedHearing } from "../../protocol/supervision.ts";
import { courtText } from "../../text/court.ts";
import { Tabs } from "../../ui/index.ts";
import { HearingWall } from "./HearingWall.tsx";
import { LineSearch } from "./LineSearch.tsx";
import { LookRoom } from "./LookRoom.tsx";
import { OwnLooks } from "./OwnLooks.tsx";
import { RecordList } from "./RecordList.tsx";
import { type Opened, RecordReader } from "./RecordReader.tsx";
import "./supervise.css";

const TABS = ["wall", "lines", "list", "own"] as const;
type Tab = (typeof TABS)[number];

interface Looking {
  hearing: SupervisedHearing;
  kind: LookKind;
  reason: string;
}

const tabOf = (hash: string): Tab => TABS.find((tab) => `#${tab}` === hash) ?? "wall";

/** 随时听 随时看 随时查: hearings under way, the records of those that are over, and one's own looks at these. */
export function Supervise({ name, zone }: { name: string; zone: string }) {
  const t = courtText().records;
  const [tab, setTab] = useState(() => tabOf(location.hash));
  const [looking, setLooking] = useState<Looking | null>(null);
  const [reading, setReading] = useState<Opened | null>(null);
  if (looking) return <LookRoom {...looking} name={name} onEnd={() => setLooking(null)} />;
  const go = (next: Tab) => {
    history.replaceState(null, "", next === "wall" ? location.pathname : `#${next}`);
    setTab(next);
  };
  return (
    <main id="work" class="supervise" tabIndex={-1}>
      {reading && <RecordReader opened={reading} name={name} zone={zone} onBack={() => setReading(null)} />}
      {/* Hidden, not gone: whoever comes back from reading finds what they had found. */}
      <div hidden={reading !== null}>
        <Tabs label={t.tabs} tabs={TABS.map((value) => ({ value, label: t.tab[value] }))} value={tab} onChange={go}>
          {tab === "wall" && <HearingWall zone={zone} onLook={setLooking} />}
          {tab === "lines" && <LineSearch zone={zone} />}
          {tab === "list" && <RecordList zone={zone} onRead={setReading} />}
          {tab === "own" && <OwnLooks zone={zone} />}
        </Tabs>
      </div>
    </main>
  );
}
