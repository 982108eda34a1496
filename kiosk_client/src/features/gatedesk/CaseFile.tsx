import { useState } from "preact/hooks";
import { type DocumentKind, deskApi } from "../../protocol/gate.ts";
import type { SeatRow } from "../../protocol/staff.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Button, Field, FilePick, Notice, Select } from "../../ui/index.ts";
import { failureText } from "../order/Ask.tsx";

interface Props {
  session: string;
  /** Seats of people who come by invitation. */
  seats: readonly SeatRow[];
}

const KINDS: readonly DocumentKind[] = ["resident_id", "passport", "uscc", "other"];

/** What the case file says of each person: number, telephone, photo. What is saved cannot be read here again. */
export function CaseFile({ session, seats }: Props) {
  const { desk: t } = courtText();
  const kinds = text().gate.document.kinds;
  const [who, setWho] = useState(seats[0]?.participant ?? "");
  const [kind, setKind] = useState<DocumentKind>("resident_id");
  const [number, setNumber] = useState("");
  const [phone, setPhone] = useState("");
  const [photo, setPhoto] = useState<File | null>(null);
  const [told, setTold] = useState<{ tone: "ok" | "bad"; words: string } | null>(null);
  if (seats.length === 0) return null;
  const save = async (event: Event) => {
    event.preventDefault();
    const desk = deskApi(session);
    try {
      if (number.trim() || phone.trim()) await desk.file(who, kind, number.trim(), phone.trim());
      if (photo) await desk.reference(who, photo);
      setNumber("");
      setPhone("");
      setPhoto(null);
      setTold({ tone: "ok", words: t.file.saved });
    } catch (cause) {
      setTold({ tone: "bad", words: failureText(cause) });
    }
  };
  return (
    <details class="panel-body desk-file">
      <summary>{t.file.title}</summary>
      <form class="stack" onSubmit={(event) => void save(event)}>
        <p class="small soft">{t.file.hint}</p>
        <div class="form-grid">
          <Select
            label={t.person}
            value={who}
            options={seats.map((seat) => ({ value: seat.participant, label: seat.name }))}
            onChange={setWho}
          />
          <Select
            label={text().gate.document.kind}
            value={kind}
            options={KINDS.map((value) => ({ value, label: kinds[value] }))}
            onChange={(value) => setKind(value as DocumentKind)}
          />
          <Field
            label={text().gate.document.number}
            value={number}
            onInput={setNumber}
            maxLength={40}
            autocomplete="off"
          />
          <Field label={t.file.phone} value={phone} onInput={setPhone} type="tel" maxLength={20} autocomplete="off" />
          <FilePick
            label={t.reference}
            choose={text().common.photo.choose}
            none={text().common.photo.none}
            accept="image/jpeg,image/png"
            value={photo}
            onPick={setPhoto}
          />
        </div>
        <div class="row-end">
          <Button kind="primary" type="submit" disabled={!(number.trim() || phone.trim() || photo)}>
            {t.file.save}
          </Button>
        </div>
        {told && (
          <Notice tone={told.tone} urgent={told.tone === "bad"}>
            {told.words}
          </Notice>
        )}
      </form>
    </details>
  );
}
