import { useEffect, useMemo } from "preact/hooks";
import type { MeetingApi } from "../../protocol/meetingApi.ts";
import { meetingUrl } from "../../protocol/meetingSocket.ts";
import { Meeting } from "../../state/meeting.ts";
import { either, text } from "../../text/index.ts";
import { meetingText } from "../../text/meeting.ts";
import { Brand, Button, Clock, Notice, wallTime } from "../../ui/index.ts";
import { EntryFrame } from "../entry/EntryFrame.tsx";
import { PreferenceButtons } from "../hearing/Preferences.tsx";
import { LiveHook } from "../stage/LiveHook.tsx";
import { ClaimCard } from "./ClaimCard.tsx";
import { Documents } from "./Documents.tsx";
import { Floor } from "./Floor.tsx";
import { LinkBanner } from "./LinkBanner.tsx";
import { Motions } from "./Motions.tsx";
import { Receipts } from "./Receipts.tsx";
import { ResultNotices } from "./ResultNotices.tsx";
import { TrustBanner, TrustLine } from "./Trust.tsx";
import "./meeting.css";

export interface MeetingRoomProps {
  id: string;
  person: string;
  token: string;
  api: MeetingApi;
  onSignInAgain: () => void;
}

/** The meeting as one creditor has it on their phone: what is voted on now is above everything else. */
export function MeetingRoom({ id, person, token, api, onSignInAgain }: MeetingRoomProps) {
  const t = meetingText();
  const meeting = useMemo(
    () => new Meeting({ id, person, token, api, socket: { url: meetingUrl(id) } }),
    [id, person, token, api],
  );
  useEffect(() => {
    const probe = () => {
      if (document.visibilityState === "visible") meeting.probe();
    };
    meeting.start();
    addEventListener("online", probe);
    addEventListener("offline", probe);
    document.addEventListener("visibilitychange", probe);
    return () => {
      removeEventListener("online", probe);
      removeEventListener("offline", probe);
      document.removeEventListener("visibilitychange", probe);
      meeting.stop();
    };
  }, [meeting]);
  const link = meeting.link.value;
  const ended = link.at === "ended" ? link : null;
  useEffect(() => {
    if (ended?.action === "sign_in") onSignInAgain();
  }, [ended]);
  const view = meeting.view.value;
  const mine = meeting.mine.value;
  if (ended && ended.action === "stay_away") {
    return (
      <EntryFrame court={view?.court ?? text().common.product} title={t.link.over} lead={either(ended.zh, ended.en)}>
        <Button big onClick={onSignInAgain}>
          {t.link.reenter}
        </Button>
      </EntryFrame>
    );
  }
  if (!view || !mine) {
    return (
      <EntryFrame court={text().common.product}>
        <LinkBanner meeting={meeting} />
        <p class="party-empty" role="status">
          {t.link.first}
        </p>
      </EntryFrame>
    );
  }
  const states: Readonly<Record<string, string>> = t.states;
  const hints: Readonly<Record<string, string>> = t.stateHints;
  return (
    <div class="meeting">
      <header class="entry-head">
        <Brand court={view.court} sub={t.name} />
        <span class="entry-corner">
          <PreferenceButtons />
        </span>
      </header>
      <LinkBanner meeting={meeting} />
      <TrustBanner meeting={meeting} />
      <div class="meeting-head">
        <div class="grow">
          <h1>{view.title}</h1>
          <p class="soft">
            {view.case_no} · {t.scheduled(wallTime(view.scheduled_utc_ms, "full").slice(0, 16))}
          </p>
        </div>
        <p class="meeting-now">
          <span class={`tag tag-${view.state}`}>{states[view.state] ?? view.state}</span>
          <span class="soft">{t.clock}</span>
          <Clock now={() => meeting.utcMs()} show={showTime} label={t.clock} />
        </p>
      </div>
      <div class="meeting-body">
        <main class="meeting-main">
          <LiveHook {...{ id, token }} live={view.live} floor={mine.floor} onGiveBack={() => meeting.leaveQueue()} />
          {hints[view.state] && <Notice>{hints[view.state]}</Notice>}
          <Motions meeting={meeting} view={view} mine={mine} />
          <ResultNotices
            id={id}
            token={token}
            person={person}
            announced={view.motions.filter((motion) => motion.state === "announced").length}
          />
        </main>
        <aside class="meeting-side">
          <ClaimCard mine={mine} />
          <Documents meeting={meeting} view={view} mine={mine} />
          <Floor meeting={meeting} view={view} mine={mine} />
          <Receipts meeting={meeting} view={view} mine={mine} />
          <TrustLine meeting={meeting} />
        </aside>
      </div>
    </div>
  );
}

function showTime(utc_ms: number): string {
  return wallTime(utc_ms, "time");
}
