/** What a zip holds, by its own directory (PKWARE APPNOTE 4.3); members are read from the file one at a time. */
export interface Member {
  name: string;
  method: number;
  packedBytes: number;
  bytes: number;
  at: number;
}

export class NoZip extends Error {}

const END = 0x06054b50;
const END_BYTES = 22;
const MOST_COMMENT_BYTES = 65_535;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const WHOLE_16 = 0xffff;
const WHOLE_32 = 0xffffffff;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
const MOST_DIRECTORY_BYTES = 32 * 2 ** 20;
const MOST_MEMBER_BYTES = 2 ** 30;

async function part(file: Blob, from: number, to: number): Promise<DataView> {
  if (from < 0 || to > file.size || from > to) throw new NoZip("cut off");
  return new DataView(await file.slice(from, to).arrayBuffer());
}

export async function looksLikeZip(file: Blob): Promise<boolean> {
  return file.size >= END_BYTES && (await part(file, 0, 4)).getUint32(0, true) === LOCAL;
}

async function directory(file: Blob): Promise<{ from: number; bytes: number }> {
  const start = Math.max(0, file.size - END_BYTES - MOST_COMMENT_BYTES);
  const tail = await part(file, start, file.size);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    const bytes = tail.getUint32(at + 12, true);
    const from = tail.getUint32(at + 16, true);
    const large = tail.getUint16(at + 10, true) === WHOLE_16 || bytes === WHOLE_32 || from === WHOLE_32;
    if (!large) return { from, bytes };
    const locator = await part(file, start + at - 20, start + at);
    if (locator.getUint32(0, true) !== END_64_LOCATOR) return { from, bytes };
    const where = Number(locator.getBigUint64(8, true));
    const end = await part(file, where, where + 56);
    if (end.getUint32(0, true) !== END_64) throw new NoZip("no directory");
    return { from: Number(end.getBigUint64(48, true)), bytes: Number(end.getBigUint64(40, true)) };
  }
  throw new NoZip("no directory");
}

/** Every member, in the directory's order. NoZip for whatever is none, and where one name stands twice: readers differ in which they take. */
export async function membersOf(file: Blob): Promise<Member[]> {
  const { from, bytes } = await directory(file);
  if (bytes > MOST_DIRECTORY_BYTES) throw new NoZip("too large a directory");
  const view = await part(file, from, from + bytes);
  const found = new Map<string, Member>();
  const names = new TextDecoder("utf-8", { fatal: true });
  let at = 0;
  while (at + ENTRY_BYTES <= bytes && view.getUint32(at, true) === ENTRY) {
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const end = at + ENTRY_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (end > bytes) throw new NoZip("cut off");
    if (view.getUint16(at + 8, true) & ENCRYPTED) throw new NoZip("encrypted");
    let name: string;
    try {
      name = names.decode(new Uint8Array(view.buffer, at + ENTRY_BYTES, nameBytes));
    } catch {
      throw new NoZip("a name that is not UTF-8");
    }
    if (found.has(name)) throw new NoZip("a name twice");
    const extra = new DataView(view.buffer, at + ENTRY_BYTES + nameBytes, extraBytes);
    found.set(name, { name, method: view.getUint16(at + 10, true), ...sizes(view, at, extra) });
    at = end;
  }
  if (at !== bytes) throw new NoZip("a directory with something else in it");
  return [...found.values()];
}

function sizes(view: DataView, at: number, extra: DataView) {
  const told = {
    bytes: view.getUint32(at + 24, true),
    packedBytes: view.getUint32(at + 20, true),
    at: view.getUint32(at + 42, true),
  };
  let next = 0;
  while (next + 4 <= extra.byteLength) {
    const end = next + 4 + extra.getUint16(next + 2, true);
    if (end > extra.byteLength) break;
    if (extra.getUint16(next, true) === 1) {
      let place = next + 4;
      for (const field of ["bytes", "packedBytes", "at"] as const) {
        if (told[field] !== WHOLE_32) continue;
        if (place + 8 > end) throw new NoZip("cut off");
        told[field] = Number(extra.getBigUint64(place, true));
        place += 8;
      }
    }
    next = end;
  }
  return told;
}

/** The bytes of one member, never more than its directory says. NoZip where they are damaged. */
export async function readMember(file: Blob, member: Member): Promise<Uint8Array<ArrayBuffer>> {
  const local = await part(file, member.at, member.at + LOCAL_BYTES);
  if (local.getUint32(0, true) !== LOCAL) throw new NoZip("no such member");
  const from = member.at + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  if (from + member.packedBytes > file.size) throw new NoZip("cut off");
  const packed = file.slice(from, from + member.packedBytes);
  if (member.method === STORED) return new Uint8Array(await packed.arrayBuffer());
  if (member.method !== DEFLATED) throw new NoZip("packed in an unknown way");
  if (member.bytes > MOST_MEMBER_BYTES) throw new NoZip("too large");
  const data = new Uint8Array(member.bytes);
  let filled = 0;
  const reader = packed.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (let more = await reader.read(); !more.done; more = await reader.read()) {
      if (filled + more.value.length > data.length) throw new NoZip("more than it says");
      data.set(more.value, filled);
      filled += more.value.length;
    }
  } catch (cause) {
    throw cause instanceof NoZip ? cause : new NoZip(String(cause));
  } finally {
    void reader.cancel().catch(() => undefined);
  }
  if (filled !== data.length) throw new NoZip("less than it says");
  return data;
}
