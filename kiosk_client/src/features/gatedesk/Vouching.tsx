import { useEffect, useState } from "preact/hooks";
import { type SeatRow, staffApi } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { Button, Notice } from "../../ui/index.ts";
import { DeskQuestion } from "./DeskQuestion.tsx";

interface Props {
  session: string;
  /** Own participant id: nobody vouches for themselves. */
  me: string;
}

/** People of the court let each other in: the first two of a court could not begin otherwise. */
export function Vouching({ session, me }: Props) {
  const { desk: t } = courtText();
  const [asked, setAsked] = useState<SeatRow | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [colleagues, setColleagues] = useState<readonly SeatRow[]>([]);
  useEffect(() => {
    staffApi.session(session).then(
      ({ seats }) => setColleagues(seats.filter((seat) => seat.account !== null && seat.participant !== me)),
      // Without the list nobody can be vouched for here; the desk of the clerk has it too.
      () => setColleagues([]),
    );
  }, [session, me]);
  if (colleagues.length === 0) return null;
  return (
    <div class="panel-body stack">
      <p class="small soft">{t.vouchHint}</p>
      <div class="row">
        {colleagues.map((seat) => (
          <Button key={seat.participant} onClick={() => setAsked(seat)}>
            {t.vouch(seat.name)}
          </Button>
        ))}
      </div>
      {done && <Notice tone="ok">{t.vouched(done)}</Notice>}
      {asked && (
        <DeskQuestion
          verb="admit"
          only="colleague"
          session={session}
          participant={asked.participant}
          name={asked.name}
          onDone={() => setDone(asked.name)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}
