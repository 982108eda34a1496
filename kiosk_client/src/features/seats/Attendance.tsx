import { useState } from "preact/hooks";
import type { Lamp as LampFigures, PersonView } from "../../protocol/messages.ts";
import type { Hearing } from "../../state/hearing.ts";
import { courtText } from "../../text/court.ts";
import { either, text } from "../../text/index.ts";
import { Button, type Column, Icon, Lamp, Notice, Table } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";
import { IN_COURTROOM, ON_LINE, seatGroups } from "./order.ts";
import { PresenceTag } from "./PresenceTag.tsx";
import { SeatLanguage } from "./SeatLanguage.tsx";
import "./seats.css";

interface Props {
  hearing: Hearing | null;
  /** The clerk's account has no seat in this session. */
  noSeat: boolean;
}

const ISOLATED_WAIT = new Set(["witness", "expert"]);

/** Who is here, over which network, and who waits to be let in. */
export function Attendance({ hearing, noSeat }: Props) {
  const { clerk, bench, court } = courtText();
  const t = clerk.attendance;
  const [problem, setProblem] = useState<string | null>(null);
  if (!hearing)
    return (
      <div class="panel-body">
        <Notice tone={noSeat ? "warn" : "info"}>{noSeat ? t.noSeat : clerk.gatherHint}</Notice>
      </div>
    );
  const link = hearing.link.value;
  if (link.at === "ended")
    return (
      <div class="panel-body">
        <Notice tone="info">{either(link.zh, link.en)}</Notice>
      </div>
    );
  const { hearing: view, lamps } = hearing.state.value;
  if (!view) return <p class="table-empty">{text().common.loading}</p>;
  const people = seatGroups(view.people).flatMap((group) => group.people);
  const waiting = people.filter((one) => one.presence === "waiting" && !ISOLATED_WAIT.has(one.seat.role));
  const here = people.filter((one) => IN_COURTROOM.has(one.presence));
  const missing = people.filter((one) => one.presence === "invited" && one.seat.required);
  const lampOf = (one: PersonView) => (ON_LINE.has(one.presence) ? lamps[one.seat.participant] : undefined);
  const act = (promise: Promise<unknown>) =>
    void promise.then(
      () => setProblem(null),
      (cause: unknown) => setProblem(failureText(cause)),
    );
  const admit = (one: PersonView) => hearing.do({ do: "admit", participant: one.seat.participant });
  const unheard = hearing.minutes.state.value.standing?.unheard ?? [];
  const languages: Column<PersonView> = {
    key: "language",
    title: bench.speech.title,
    narrow: true,
    cell: (one) =>
      !one.staff && (
        <SeatLanguage
          one={one}
          people={people}
          unheard={unheard.find((each) => each.participant === one.seat.participant)}
          onChange={(language, interprets) =>
            act(hearing.do({ do: "language", participant: one.seat.participant, language, interprets }))
          }
        />
      ),
  };

  return (
    <>
      <div class="attendance-sum" role="status">
        <span class="tag tag-ok">{t.present(here.length)}</span>
        <span class="tag tag-info">{t.waiting(waiting.length)}</span>
        <span class={`tag ${missing.length > 0 ? "tag-warn" : ""}`}>{t.missing(missing.length)}</span>
        <span class="tag">{bench.observers(view.observers)}</span>
        <span class="grow small soft">{view.state === "waiting" && t.discipline}</span>
        {waiting.length > 1 && view.state !== "waiting" && (
          <Button onClick={() => act(Promise.all(waiting.map(admit)))}>{t.admitAll}</Button>
        )}
      </div>
      {problem && (
        <div class="panel-body">
          <Notice tone="bad" urgent title={court.refused}>
            {problem}
          </Notice>
        </div>
      )}
      <Table
        caption={clerk.tabs.live}
        rows={people}
        rowKey={(one) => one.seat.participant}
        empty={t.empty}
        columns={[
          { key: "role", title: clerk.seat.role, narrow: true, cell: (one) => either(one.label_zh, one.label_en) },
          { key: "name", title: clerk.seat.name, cell: (one) => <PersonCell one={one} /> },
          {
            key: "presence",
            title: clerk.seat.presence,
            narrow: true,
            cell: (one) => <PresenceTag presence={one.presence} />,
          },
          {
            key: "network",
            title: t.network,
            narrow: true,
            cell: (one) => <NetworkCell lamp={lampOf(one)} />,
          },
          {
            key: "figures",
            title: `${t.rtt} · ${t.loss} · ${t.rate}`,
            cell: (one) => <Figures lamp={lampOf(one)} />,
          },
          ...(hearing.state.value.rights.includes("write_minutes") ? [languages] : []),
          {
            key: "do",
            title: court.act,
            narrow: true,
            cell: (one) => (
              <span class="row-end">
                {one.help_asked && (
                  <Button onClick={() => act(hearing.do({ do: "help_answered", participant: one.seat.participant }))}>
                    {bench.helpDone}
                  </Button>
                )}
                {one.presence === "waiting" && (
                  <Button kind="primary" onClick={() => act(admit(one))}>
                    {one.isolated ? court.actions.call : court.actions.admit}
                  </Button>
                )}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}

function PersonCell({ one }: { one: PersonView }) {
  const { bench } = courtText();
  return (
    <span class="row person-cell">
      <strong>{one.seat.name}</strong>
      {one.hand_raised_ms !== null && (
        <span class="tag tag-warn">
          <Icon name="hand" />
          {text().common.handRaised}
        </span>
      )}
      {one.help_asked && (
        <span class="tag tag-bad">
          <Icon name="help" />
          {bench.helpText}
        </span>
      )}
      {one.audio_muted && (
        <span class="tag">
          <Icon name={one.audio_locked ? "lock" : "micOff"} />
          {text().common.muted}
        </span>
      )}
    </span>
  );
}

function NetworkCell({ lamp }: { lamp: LampFigures | undefined }) {
  const words = text().common.network;
  if (!lamp) return <span class="soft small">—</span>;
  return <Lamp tone={lamp.grade}>{words[lamp.grade]}</Lamp>;
}

function Figures({ lamp }: { lamp: LampFigures | undefined }) {
  const { clerk } = courtText();
  const t = clerk.attendance;
  if (!lamp) return <span class="soft small">—</span>;
  return (
    <span class="digits small figures" title={`${t.rtt} · ${t.loss} · ${t.rate}`}>
      <span>{clerk.health.ms(lamp.rtt_ms)}</span>
      <span>
        ↑{(lamp.loss_up_permille / 10).toFixed(1)}% ↓{(lamp.loss_down_permille / 10).toFixed(1)}%
      </span>
      <span>
        ↑{lamp.kbps_up} ↓{lamp.kbps_down} kbps
      </span>
    </span>
  );
}
