import { looksLikeZip, membersOf, NoZip, readMember } from "./zip.ts";

const LOG = "data/ballot-log.jsonl";
const EVENTS = "data/events/events.jsonl";
const SEAL = "tagmanifest-sha512.txt";

/** What a person chose: a log as it is, the log inside a meeting's package, or something that this page does not check. */
export type Chosen = { what: "log" | "meeting"; data: ArrayBuffer } | { what: "hearing" | "strange" | "damaged" };

/** Never throws for what the file holds; whatever reading it throws otherwise. */
export async function chosen(file: Blob): Promise<Chosen> {
  if (!(await looksLikeZip(file))) return { what: "log", data: await file.arrayBuffer() };
  try {
    const members = await membersOf(file);
    const named = (path: string) => members.filter(({ name }) => name === path || isInOneFolder(name, path));
    const [log, second] = named(LOG);
    if (second || named(EVENTS).length > 1) return { what: "strange" };
    if (log && named(SEAL).length === 1) return { what: "meeting", data: (await readMember(file, log)).buffer };
    return { what: named(EVENTS).length ? "hearing" : "strange" };
  } catch (cause) {
    if (cause instanceof NoZip || cause instanceof RangeError) return { what: "damaged" };
    throw cause;
  }
}

function isInOneFolder(name: string, path: string): boolean {
  const folder = name.slice(0, -path.length);
  return name.endsWith(`/${path}`) && folder.indexOf("/") === folder.length - 1;
}
