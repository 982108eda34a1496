import { type RecordPart, recordsApi } from "../../protocol/records.ts";
import { courtText } from "../../text/court.ts";
import { Ask } from "../order/Ask.tsx";
import type { Opened } from "./RecordReader.tsx";

/** What somebody asks to open. */
export interface Wanted {
  session: string;
  case_no: string;
  what: RecordPart;
  at_ms?: number;
}

interface Props {
  wanted: Wanted;
  onRead: (opened: Opened) => void;
  onClose: () => void;
}

/** Asks before the look, for the log has it: with the reason, then opens what was asked for. */
export function OpenRecord({ wanted, onRead, onClose }: Props) {
  const t = courtText().records;
  async function open(reason: string) {
    const apart = wanted.what === "player" || wanted.what === "report";
    // Opened at once, or the browser takes it for a pop-up that nobody asked for.
    const tab = apart ? window.open("", "_blank") : null;
    try {
      const { url } = await recordsApi.look(wanted.session, wanted.what, reason, wanted.at_ms);
      if (tab) tab.location.replace(url);
      else if (apart) location.assign(url);
      else if (wanted.what === "seal") onRead({ ...wanted, seal: await recordsApi.seal(url) });
      else onRead({ ...wanted, minutes: await recordsApi.minutes(url) });
    } catch (cause) {
      tab?.close();
      throw cause;
    }
  }
  return (
    <Ask
      title={`${t.askTitle(t.parts[wanted.what])} · ${wanted.case_no}`}
      yes={t.begin}
      reason="optional"
      reasonLabel={t.reason}
      onYes={open}
      onClose={onClose}
    >
      <p>{t.askText}</p>
    </Ask>
  );
}
