import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../protocol/api.ts";
import { type SessionSummary, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Button, Emblem, Field, Notice } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { courtWhen } from "../sessions/DayList.tsx";
import { StateTag } from "../sessions/StateTag.tsx";
import { obviousSession } from "./screen.ts";
import "./display.css";

const KEY = "yunting.display.credential";
const REFRESH_MS = 10_000;

export function keptCredential(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // A wall without storage asks again after each restart.
    return null;
  }
}

export function keepCredential(credential: string | null): void {
  try {
    if (credential === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, credential);
  } catch {
    // See keptCredential().
  }
}

interface Props {
  zone: string;
  session: string | null;
  onSession: (session: string) => void;
  children: (credential: string, session: string) => ComponentChild;
}

/** A wall identifies itself once; then it finds its session, or is told. */
export function DeviceGate({ zone, session, onSession, children }: Props) {
  const [credential, setCredential] = useState(keptCredential);
  function keep(next: string | null) {
    keepCredential(next);
    setCredential(next);
  }
  if (!credential) return <CredentialForm onDone={keep} />;
  if (session) return <>{children(credential, session)}</>;
  return <Choose zone={zone} credential={credential} onPick={onSession} onForget={() => keep(null)} />;
}

function CredentialForm({ onDone }: { onDone: (credential: string) => void }) {
  const { display: t } = courtText().staff;
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  async function save(event: Event) {
    event.preventDefault();
    try {
      await staffApi.deviceSessions(value.trim());
      onDone(value.trim());
    } catch (cause) {
      const refused = cause instanceof ApiError && (cause.status === 401 || cause.status === 403);
      setProblem(refused ? t.refused : failureText(cause));
    }
  }
  return (
    <main class="wall-form">
      <form class="card stack" onSubmit={(event) => void save(event)}>
        <h1>{t.title}</h1>
        <p class="soft">{t.credentialHint}</p>
        <Field label={t.credential} value={value} onInput={setValue} autocomplete="off" maxLength={200} />
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        <Button kind="primary" type="submit" big wide disabled={value.trim() === ""}>
          {t.save}
        </Button>
      </form>
    </main>
  );
}

interface ChooseProps {
  zone: string;
  credential: string;
  onPick: (session: string) => void;
  onForget: () => void;
}

function Choose({ zone, credential, onPick, onForget }: ChooseProps) {
  const { display: t } = courtText().staff;
  const [sessions, setSessions] = useState<SessionSummary[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const load = async () => {
      try {
        const found = await staffApi.deviceSessions(credential);
        if (!current) return;
        setSessions(found);
        setProblem(null);
        const only = obviousSession(found);
        if (only) onPick(only);
      } catch (cause) {
        if (current) setProblem(cause instanceof ApiError && cause.status === 401 ? t.refused : failureText(cause));
      }
    };
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [credential]);
  return (
    <main class="wall-form">
      <div class="wall-choose">
        <span class="wall-mark">
          <Emblem />
        </span>
        <h1>{sessions?.length === 0 ? t.noSessions : t.choose}</h1>
        {problem && (
          <Notice tone="bad" urgent>
            {problem}
          </Notice>
        )}
        <ul>
          {sessions?.map((session) => (
            <li key={session.id}>
              <button type="button" class="wall-session" onClick={() => onPick(session.id)}>
                <span class="digits">{courtWhen(zone, session.scheduled_utc_ms)}</span>
                <strong>{session.case_no}</strong>
                <span>{session.cause}</span>
                <StateTag state={session.state} />
              </button>
            </li>
          ))}
        </ul>
        <Button kind="quiet" onClick={onForget}>
          {t.forget}
        </Button>
      </div>
    </main>
  );
}
