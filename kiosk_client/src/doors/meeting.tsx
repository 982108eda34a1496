import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { EntryFrame } from "../features/entry/EntryFrame.tsx";
import type { MeetingRoomProps } from "../features/meeting/MeetingRoom.tsx";
import { SignIn } from "../features/meeting/SignIn.tsx";
import type { SignedIn } from "../protocol/meeting.ts";
import { meetingApi } from "../protocol/meetingApi.ts";
import { text } from "../text/index.ts";
import { meetingText } from "../text/meeting.ts";
import { Notice } from "../ui/index.ts";
import { openDoor } from "./open.tsx";

const id = decodeURIComponent(location.pathname.replace(/^\/meeting\/?/, "").replace(/\/$/, ""));

/** Who and the code, from behind the # of the link, which no server is ever sent. */
function linked(): { person: string; code: string } | null {
  const [, person, code] = /^#(.+)\.([^.]+)$/.exec(decodeURIComponent(location.hash)) ?? [];
  return id && person && code ? { person, code } : null;
}

const passName = (person: string) => `yunting.pass.${id}.${person}`;

function keptPass(person: string): SignedIn | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(passName(person)) ?? "null") as SignedIn | null;
    return kept && kept.until_utc_ms > Date.now() ? kept : null;
  } catch {
    return null;
  }
}

function keepPass(person: string, signed: SignedIn | null): void {
  try {
    if (signed) sessionStorage.setItem(passName(person), JSON.stringify(signed));
    else sessionStorage.removeItem(passName(person));
  } catch {
    // Without storage a reload asks for the sign-in again.
  }
}

/** The room is loaded while the person signs in: what comes before it has to be light. */
const loadRoom = () => import("../features/meeting/MeetingRoom.tsx").then((module) => module.MeetingRoom);

function Door() {
  const t = meetingText();
  const [link, setLink] = useState(linked);
  useEffect(() => {
    const follow = () => setLink(linked());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    document.title = `${t.name} · ${text().common.product}`;
  });
  if (link) return <Visit key={link.person} {...link} />;
  return (
    <EntryFrame court={text().common.product} title={t.noLink.title} lead={t.noLink.lead}>
      <Notice>{t.noLink.hint}</Notice>
    </EntryFrame>
  );
}

function Visit({ person, code }: { person: string; code: string }) {
  const [signed, setSigned] = useState(() => keptPass(person));
  const [again, setAgain] = useState(false);
  const [Room, setRoom] = useState<ComponentType<MeetingRoomProps> | null>(null);
  const [failed, setFailed] = useState(false);
  const token = signed?.token ?? "";
  const api = useMemo(() => meetingApi(id, () => token), [token]);
  useEffect(() => {
    loadRoom().then(
      (room) => setRoom(() => room),
      () => setFailed(true),
    );
  }, []);
  if (!signed) {
    const enter = (fresh: SignedIn) => {
      keepPass(person, fresh);
      setSigned(fresh);
    };
    return <SignIn person={person} code={code} api={api} again={again} onDone={enter} />;
  }
  if (!Room) {
    return (
      <EntryFrame court={text().common.product}>
        {failed ? (
          <Notice tone="bad" urgent>
            {text().common.errors.offline}
          </Notice>
        ) : (
          <p class="party-empty" role="status">
            {meetingText().link.first}
          </p>
        )}
      </EntryFrame>
    );
  }
  const end = () => {
    keepPass(person, null);
    setAgain(true);
    setSigned(null);
  };
  return <Room key={token} id={id} person={signed.person} token={token} api={api} onSignInAgain={end} />;
}

openDoor("meeting", <Door />);
