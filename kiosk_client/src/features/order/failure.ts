import { ApiError } from "../../protocol/api.ts";
import { Refused } from "../../protocol/socket.ts";
import { either, text } from "../../text/index.ts";

/** Something the page itself finds wrong with what was entered; its message is for the person. */
export class Unfit extends Error {}

/** What a person reads about a failure, whatever was thrown. */
export function failureText(cause: unknown): string {
  if (cause instanceof ApiError)
    return cause.incident ? `${cause.shown} ${text().common.errors.incident(cause.incident)}` : cause.shown;
  if (cause instanceof Unfit) return cause.message;
  if (cause instanceof Refused) {
    const shown = either(cause.zh, cause.english);
    return cause.incident ? `${shown} ${text().common.errors.incident(cause.incident)}` : shown;
  }
  return text().common.errors.unexpected;
}
