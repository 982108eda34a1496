import { useState } from "preact/hooks";
import type { CourtCard } from "../../protocol/api.ts";
import { type SeatRow, type SessionDetail, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, CopyButton, Dialog, Table, TextArea } from "../../ui/index.ts";
import { Ask, Unfit } from "../order/Ask.tsx";
import { PresenceTag } from "../seats/PresenceTag.tsx";
import { courtWhen } from "./DayList.tsx";
import { seatProblems } from "./draft.ts";
import { invitationText, spacedCode } from "./invitationText.ts";
import { emptySeat, SeatEditor } from "./SeatEditor.tsx";
import { newSeats } from "./SessionForm.tsx";

interface Props {
  session: SessionDetail;
  court: CourtCard;
  onChange: () => void;
}

type Doing = { what: "sms" | "renew" | "revoke"; seat: SeatRow } | { what: "add" } | null;

/** Who is invited and how each gets in; links are copied, renewed and revoked here. */
export function Invitations({ session, court, onChange }: Props) {
  const { clerk, court: words } = courtText();
  const t = clerk.seat;
  const [doing, setDoing] = useState<Doing>(null);
  const over = session.state === "cancelled" || session.state === "closed" || session.state === "sealed";
  const close = () => setDoing(null);
  const done = () => {
    close();
    onChange();
  };
  return (
    <>
      <Table
        caption={clerk.tabs.seats}
        rows={session.seats.filter((seat) => seat.role !== "observer")}
        rowKey={(seat) => seat.participant}
        empty={words.none}
        columns={[
          { key: "role", title: t.role, narrow: true, cell: (seat) => words.roles[seat.role] },
          {
            key: "name",
            title: t.name,
            cell: (seat) => (
              <span>
                <strong>{seat.name}</strong>
                {seat.required && <span class="small soft"> · {courtText().bench.required}</span>}
              </span>
            ),
          },
          {
            key: "presence",
            title: t.presence,
            narrow: true,
            cell: (seat) => <PresenceTag presence={seat.presence} />,
          },
          {
            key: "code",
            title: t.code,
            narrow: true,
            cell: (seat) =>
              seat.invitation ? (
                seat.invitation.revoked ? (
                  <span class="tag tag-bad">{t.revoked}</span>
                ) : (
                  <span class="digits code">{spacedCode(seat.invitation.code)}</span>
                )
              ) : (
                <span class="soft small">{seat.account ? t.byAccount(seat.account) : t.none}</span>
              ),
          },
          {
            key: "do",
            title: words.act,
            narrow: true,
            cell: (seat) =>
              seat.invitation &&
              !over && (
                <span class="row-end">
                  {!seat.invitation.revoked && (
                    <>
                      <CopyButton value={seat.invitation.url} label={t.copyLink} copied={words.copied} />
                      <Button kind="quiet" onClick={() => setDoing({ what: "sms", seat })}>
                        {t.sms}
                      </Button>
                    </>
                  )}
                  <Button kind="quiet" onClick={() => setDoing({ what: "renew", seat })}>
                    {t.renew}
                  </Button>
                  {!seat.invitation.revoked && (
                    <Button kind="quiet" onClick={() => setDoing({ what: "revoke", seat })}>
                      {t.revoke}
                    </Button>
                  )}
                </span>
              ),
          },
        ]}
      />
      {!over && (
        <div class="panel-foot panel-foot-start">
          <Button icon="plus" onClick={() => setDoing({ what: "add" })}>
            {t.add}
          </Button>
        </div>
      )}
      {doing?.what === "sms" && <Sms session={session} court={court} seat={doing.seat} onClose={close} />}
      {doing?.what === "renew" && (
        <Ask
          title={t.renewTitle}
          yes={t.renew}
          onYes={async () => void (await staffApi.renewInvitation(session.id, doing.seat.participant))}
          onClose={done}
        >
          <p>{t.renewText}</p>
        </Ask>
      )}
      {doing?.what === "revoke" && (
        <Ask
          title={t.revokeTitle(doing.seat.name)}
          yes={t.revoke}
          reason="required"
          onYes={(reason) => staffApi.revokeInvitation(session.id, doing.seat.participant, reason)}
          onClose={done}
        />
      )}
      {doing?.what === "add" && <AddSeat session={session} onClose={done} />}
    </>
  );
}

function Sms({
  session,
  court,
  seat,
  onClose,
}: {
  session: SessionDetail;
  court: CourtCard;
  seat: SeatRow;
  onClose: () => void;
}) {
  const { clerk, court: words } = courtText();
  const [message, setMessage] = useState(() =>
    invitationText({
      court: session.court,
      case_no: session.case_no,
      cause: session.cause,
      name: seat.name,
      label_zh: words.roles[seat.role],
      when: courtWhen(court.time_zone, session.scheduled_utc_ms),
      url: seat.invitation?.url ?? "",
      code: seat.invitation?.code ?? "",
    }),
  );
  return (
    <Dialog
      open
      title={`${clerk.seat.sms} · ${seat.name}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{text().common.close}</Button>
          <CopyButton kind="primary" value={message} label={clerk.seat.copySms} copied={words.copied} />
        </>
      }
    >
      <TextArea label={clerk.seat.sms} value={message} onInput={setMessage} rows={8} maxLength={1000} />
    </Dialog>
  );
}

function AddSeat({ session, onClose }: { session: SessionDetail; onClose: () => void }) {
  const { clerk } = courtText();
  const [seat, setSeat] = useState(() => emptySeat("agent"));
  const [checked, setChecked] = useState(false);
  return (
    <Ask
      title={clerk.seat.addTitle}
      yes={clerk.seat.add}
      onYes={async () => {
        setChecked(true);
        const wrong = seatProblems(seat, [seat])[0];
        if (wrong) throw new Unfit(clerk.seatProblems[wrong]);
        const [made] = newSeats(
          [seat],
          session.seats.map((other) => other.seat),
        );
        if (made) await staffApi.addSeat(session.id, made);
      }}
      onClose={onClose}
    >
      <SeatEditor seat={seat} all={[seat]} checked={checked} onChange={setSeat} />
    </Ask>
  );
}
