/** What a line of JSON may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Obj = { readonly [name: string]: Json };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export function isObject(value: unknown): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Section 1: sorted keys, no blanks. RangeError where a value has no canonical form. */
export function canonical(value: Json): string {
  if (typeof value === "string") {
    // A half of a surrogate pair is no character and has no UTF-8.
    if (/\p{Surrogate}/u.test(value)) throw new RangeError("not text");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new RangeError("not a whole number");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    // By UTF-16, which is by code point for every name that a ballot log may have: others are refused later.
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${canonical(name)}:${canonical(value[name] as Json)}`).join(",")}}`;
  }
  return String(value);
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The object of a line of canonical JSON, or null when it is anything else. */
export function parseObject(line: Uint8Array): Obj | null {
  try {
    const text = decoder.decode(line);
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    // The engine's own writer is many times faster, and the same but for order, numbers and half surrogates.
    const same = isOrdered(value) && !text.includes("\\ud") ? JSON.stringify(value) : canonical(value);
    return same === text ? value : null;
  } catch {
    return null;
  }
}

/** Whether every object has its names in order and every number is whole. */
function isOrdered(value: Json): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  const names = Object.keys(value);
  return names.every(
    (name, i) => (i === 0 || (names[i - 1] as string) < name) && isOrdered((value as Obj)[name] as Json),
  );
}
