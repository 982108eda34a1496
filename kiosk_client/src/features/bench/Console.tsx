import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, type CourtCard } from "../../protocol/api.ts";
import { type Hearing, joinHearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { exhibitsText } from "../../text/exhibits.ts";
import { either, text } from "../../text/index.ts";
import { Banner, Button, Icon, Notice, Tabs } from "../../ui/index.ts";
import { AccessPane } from "../access/AccessPane.tsx";
import { ExhibitDesk } from "../exhibits/ExhibitDesk.tsx";
import { WithExhibit } from "../exhibits/WithExhibit.tsx";
import { hasEnded } from "../exports/preflight.ts";
import { FlowRail } from "../flow/FlowRail.tsx";
import { GateFlow } from "../gate/GateFlow.tsx";
import { Vouching } from "../gatedesk/Vouching.tsx";
import { Stage, StatusBar } from "../hearing/index.ts";
import { MediaNotes } from "../hearing/MediaNotes.tsx";
import { useOwnMedia } from "../hearing/useMedia.ts";
import { Captions } from "../minutes/Captions.tsx";
import { Transcript } from "../minutes/Transcript.tsx";
import { EventList, Queue, RecordingCard } from "../order/Rail.tsx";
import { useLog, visitedPhases } from "../order/useLog.ts";
import { Desk as ReviewDesk } from "../review/ClerkReview.tsx";
import { Review } from "../review/Review.tsx";
import { JudgesIncidents } from "../seal/JudgesIncidents.tsx";
import { SeatMap } from "../seats/SeatMap.tsx";
import { WatchChips } from "../seats/WatchChips.tsx";
import { LookNotice } from "../supervise/LookNotice.tsx";
import { refusal } from "./act.ts";
import { ControlBar, LAYOUTS, muteAll, setLayout } from "./ControlBar.tsx";
import { KeyHelp } from "./KeyHelp.tsx";
import { MoveBar } from "./MoveBar.tsx";
import { strike } from "./open.ts";
import { StateBanner } from "./StateBanner.tsx";
import { UndoBanner } from "./UndoBanner.tsx";
import { useShortcuts } from "./useShortcuts.ts";
import { useSounds } from "./useSounds.ts";
import "./bench.css";

interface Props {
  session: string;
  court: CourtCard;
  onBack: () => void;
}

/** The judge's desk: seats on the left, the courtroom before the eyes, the procedure on the right. */
export function Console({ session, court, onBack }: Props) {
  const hearing = useMemo<Hearing>(
    () =>
      joinHearing({
        ticket: async () => (await api.staffTicket(session)).ticket,
        keep: `yunting.judge.${session}`,
      }),
    [session],
  );
  useEffect(() => () => hearing.close(), [hearing]);
  const link = hearing.link.value;
  if (link.at === "ended") return <Ended zh={link.zh} en={link.en} onBack={onBack} />;
  return <Desk hearing={hearing} session={session} court={court} onBack={onBack} />;
}

function Desk({ hearing, session, court, onBack }: Props & { hearing: Hearing }) {
  const { bench: t, court: words, desk } = courtText();
  const { media, problem, retry } = useOwnMedia(hearing);
  const [keys, setKeys] = useState(false);
  const [reading, setReading] = useState<"log" | "minutes" | "exhibits" | "access">("log");
  const [grab, setGrab] = useState(0);
  const spoke = useRef(false);
  const log = useLog(hearing, session);
  const state = hearing.state.value;
  const view = state.hearing;
  const atGate = state.gate !== null && state.gate.stage !== "passed";
  const may = (right: (typeof state.rights)[number]) => state.rights.includes(right);
  const visited = useMemo(() => visitedPhases(log, view?.phase), [log, view?.phase]);
  useSounds(hearing);
  const held = useShortcuts((key) => {
    switch (key.act) {
      case "talk":
        // Only what Space switched on does Space switch off again.
        if (key.on) spoke.current = media !== null && !media.micOn.value;
        if (spoke.current) media?.setMic(key.on);
        break;
      case "gavel":
        if (may("run_session") && hearing.link.value.at === "open") void strike(hearing);
        break;
      case "mute_all":
        if (may("keep_order")) muteAll(hearing);
        break;
      case "layout": {
        const layout = LAYOUTS[key.index];
        if (layout && may("arrange")) setLayout(hearing, layout);
        break;
      }
      case "exhibits":
        setReading("exhibits");
        setGrab((n) => n + 1);
        break;
      case "help":
        setKeys(true);
    }
  });

  return (
    <div class="console">
      <StatusBar hearing={hearing} media={media} zone={court.time_zone}>
        <button type="button" class="bar-button" onClick={onBack}>
          <Icon name="back" />
          <span>{t.back}</span>
        </button>
      </StatusBar>
      <div class="console-banners" aria-live="polite">
        {hearing.link.value.at !== "open" && view && <Banner tone="warn">{words.reconnecting}</Banner>}
        <UndoBanner hearing={hearing} mayUndo={may("run_session")} />
        <LookNotice hearing={hearing} zone={court.time_zone} />
        {view && hasEnded(view) && may("run_session") && (
          <JudgesIncidents session={session} hearing={hearing} zone={court.time_zone} />
        )}
        {view && <StateBanner view={view} me={hearing.state.value.me} zone={court.time_zone} />}
        {problem && (
          <Banner tone="warn" actions={<Button onClick={retry}>{t.devicesRetry}</Button>}>
            {t.devicesFailed}
          </Banner>
        )}
        <MediaNotes media={media} />
        {media?.soundBlocked.value && (
          <Banner
            tone="info"
            actions={
              <Button icon="speaker" kind="primary" onClick={() => media.unlockSound()}>
                {t.soundOff}
              </Button>
            }
          >
            {t.soundOff}
          </Banner>
        )}
        {refusal.value && (
          <Banner
            tone="bad"
            actions={
              <Button
                kind="quiet"
                onClick={() => {
                  refusal.value = null;
                }}
              >
                {text().common.close}
              </Button>
            }
          >
            {words.refused}：{refusal.value}
          </Banner>
        )}
      </div>
      {state.gate && atGate && media && (
        <div class="console-gate">
          <GateFlow view={state.gate} hearing={hearing} media={media} />
          <Vouching session={session} me={state.me} />
        </div>
      )}
      <WatchChips hearing={hearing} zone={court.time_zone} />
      {state.gate_queue.some((row) => row.needs_clerk) && (
        <Banner tone="info">{desk.waiting(state.gate_queue.filter((row) => row.needs_clerk).length)}</Banner>
      )}
      <div class={`console-desk${atGate ? " console-closed" : ""}`}>
        <aside class="console-seats">
          <SeatMap hearing={hearing} mayOrder={may("keep_order")} />
        </aside>
        {state.review ? (
          <Review
            hearing={hearing}
            zone={court.time_zone}
            above={({ view: minutes }) =>
              minutes && <ReviewDesk hearing={hearing} view={minutes} zone={court.time_zone} />
            }
          />
        ) : (
          <main class="console-room">
            <div class="console-stage">
              <WithExhibit hearing={hearing}>
                <Stage hearing={hearing} media={media} empty={view ? t.waitingJudge : text().common.loading} />
              </WithExhibit>
              <Captions hearing={hearing} />
            </div>
            {may("run_session") && <MoveBar hearing={hearing} zone={court.time_zone} held={held} />}
            <ControlBar hearing={hearing} media={media} mayOrder={may("keep_order")} mayArrange={may("arrange")} />
            <p class="console-hint">
              <span>
                <kbd>{words.keySpace}</kbd> {t.talkHold}
              </span>
              <span>
                <kbd>G</kbd> {t.gavelHold}
              </span>
              <button type="button" class="console-keys" onClick={() => setKeys(true)}>
                <kbd>?</kbd> {t.keyboard}
              </button>
            </p>
          </main>
        )}
        <aside class="console-rail">
          <Queue hearing={hearing} mayOrder={may("keep_order")} />
          <FlowRail hearing={hearing} visited={visited} mayRun={may("run_session")} />
          <RecordingCard hearing={hearing} />
          <section class="rail-read">
            <Tabs
              label={text().minutes.title}
              value={reading}
              onChange={(next) => {
                setReading(next);
                // A key's wish for the list is over once somebody chooses by hand.
                setGrab(0);
              }}
              tabs={[
                { value: "log", label: t.events },
                { value: "minutes", label: text().minutes.open },
                { value: "exhibits", label: exhibitsText().open },
                ...(may("run_session") ? [{ value: "access" as const, label: t.access }] : []),
              ]}
            >
              {reading === "log" && <EventList hearing={hearing} log={log} zone={court.time_zone} />}
              {reading === "minutes" && <Transcript hearing={hearing} marks />}
              {reading === "exhibits" && <ExhibitDesk hearing={hearing} grab={grab} />}
              {reading === "access" && view && (
                <AccessPane
                  session={session}
                  state={view.state}
                  hearing={hearing}
                  people={view.people.map((one) => one.seat)}
                />
              )}
            </Tabs>
          </section>
        </aside>
      </div>
      <KeyHelp open={keys} onClose={() => setKeys(false)} />
    </div>
  );
}

function Ended({ zh, en, onBack }: { zh: string; en: string; onBack: () => void }) {
  const { bench: t } = courtText();
  return (
    <main class="gate-wait">
      <Notice
        tone="warn"
        title={t.left}
        actions={
          <>
            <Button kind="primary" onClick={() => location.reload()}>
              {t.reconnect}
            </Button>
            <Button onClick={onBack}>{t.back}</Button>
          </>
        }
      >
        {either(zh, en)}
      </Notice>
    </main>
  );
}
