import { meetingText } from "../../text/meeting.ts";
import { duration } from "../../ui/index.ts";

const DAY_MS = 86_400_000;

/** Days, where there are any, then hours, minutes and seconds. */
export function leftTime(left_ms: number): string {
  const days = Math.floor(left_ms / DAY_MS);
  return days > 0 ? `${meetingText().motions.days(days)} ${duration(left_ms % DAY_MS)}` : duration(left_ms);
}
