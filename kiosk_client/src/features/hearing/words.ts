import type { PersonView } from "../../protocol/messages.ts";
import { either } from "../../text/index.ts";

/** Role as on a name plate, in the language in use. */
export function roleOf(person: PersonView): string {
  return either(person.label_zh, person.label_en);
}

/** Role and name in one line. */
export function titleOf(person: PersonView): string {
  return `${roleOf(person)} ${person.seat.name}`;
}

/** The sign in the disc of somebody without a picture: 原, 被, 审 ... */
export function initialOf(person: PersonView): string {
  return either(person.label_zh.slice(0, 1), person.label_en.slice(0, 1));
}
