import type { Head, LateReceipt, Receipt } from "../protocol/meetingApi.ts";
import type { Ballot } from "../protocol/meetingSocket.ts";

/** What one person keeps of one meeting on this device. */
export interface Kept {
  /** The court's key at the first visit. */
  key: string;
  head: Head | null;
  receipts: Receipt[];
  lates: LateReceipt[];
  /** Sent, and not answered yet: goes out again after a reload, as the same ballot. */
  unanswered: Ballot[];
}

/** Where it is kept. */
export interface Shelf {
  load(): Kept;
  /** False when this device does not keep anything. */
  save(kept: Kept): boolean;
}

const NOTHING: Kept = { key: "", head: null, receipts: [], lates: [], unanswered: [] };

/** In the browser's own storage, by meeting and person. */
export function localShelf(meeting: string, person: string): Shelf {
  const name = `yunting.meeting.${meeting}.${person}`;
  return {
    load() {
      try {
        return { ...NOTHING, ...(JSON.parse(localStorage.getItem(name) ?? "{}") as Partial<Kept>) };
      } catch {
        // Forbidden, or something else lies there: as at a first visit.
        return NOTHING;
      }
    },
    save(kept) {
      try {
        localStorage.setItem(name, JSON.stringify(kept));
        return true;
      } catch {
        return false;
      }
    },
  };
}
