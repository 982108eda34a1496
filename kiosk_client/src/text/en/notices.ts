import type { Widened } from "../widened.ts";
import type { notices as zh } from "../zh-CN/notices.ts";

export const notices: Widened<typeof zh> = {
  title: "Result notices",
  unread: "unread",
  read: "read",
  open: "Read",
  receipt: (when: string) => `The court has signed that you were shown this notice at ${when}.`,
  save: "Save as a file",
  for: (who: string) => ` (${who})`,
  close: "Close",
};
