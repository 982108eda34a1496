import type { NoticesTexts } from "../notices.ts";

export const notices: NoticesTexts = {
  title: "Result notices",
  unread: "unread",
  read: "read",
  open: "Read",
  receipt: (when: string) => `The court has signed that you were shown this notice at ${when}.`,
  save: "Save as a file",
  for: (who: string) => ` (${who})`,
  close: "Close",
};
