import { canonical, isObject, type Json } from "./canonical.ts";

const short = (value: Json): string => {
  const text = typeof value === "string" ? value : canonical(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
};

/** Where two values differ: path, as told, as counted; null where they are equal. */
export function difference(told: Json, counted: Json, path = ""): readonly [string, string, string] | null {
  if (Array.isArray(told) && Array.isArray(counted) && told.length === counted.length) {
    for (const [i, each] of told.entries()) {
      const found = difference(each, counted[i] as Json, `${path}[${i}]`);
      if (found) return found;
    }
    return null;
  }
  if (isObject(told) && isObject(counted)) {
    const names = Object.keys(told).sort();
    if (names.join() === Object.keys(counted).sort().join()) {
      for (const name of names) {
        const found = difference(told[name] as Json, counted[name] as Json, path ? `${path}.${name}` : name);
        if (found) return found;
      }
      return null;
    }
  }
  return canonical(told) === canonical(counted) ? null : [path, short(told), short(counted)];
}
