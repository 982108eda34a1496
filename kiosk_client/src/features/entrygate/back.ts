/** From a creditors' meeting to the court's gate and back, in one tab: what has to be known again on the other side. */
interface Way {
  /** Address of the meeting's page, with the person's link. */
  back: string;
  number_end: string;
}

const nameOf = (code: string) => `yunting.gateway.${code}`;
const LAST = "yunting.gateway";

/** Remembers the way before the page goes to the gate. */
export function keepWay(code: string, way: Way): void {
  try {
    sessionStorage.setItem(nameOf(code), JSON.stringify(way));
    sessionStorage.setItem(LAST, code);
  } catch {
    // Without storage the person opens the meeting's link again by hand.
  }
}

/** At the gate, once it is passed: back to the meeting that sent the person here, if one did. */
export function goBack(code: string): void {
  try {
    const way = JSON.parse(sessionStorage.getItem(nameOf(code)) ?? "null") as Way | null;
    if (way) location.replace(way.back);
  } catch {
    // As above.
  }
}

/** In the meeting, on coming back: what to sign in with. Once only; null where nobody comes from the gate. */
export function cameThrough(): { number_end: string; proof: string } | null {
  try {
    const code = sessionStorage.getItem(LAST);
    const way = JSON.parse((code && sessionStorage.getItem(nameOf(code))) || "null") as Way | null;
    const proof = code && sessionStorage.getItem(`yunting.resume.${code}.proof`);
    if (!code || !way || !proof || way.back !== location.href) return null;
    sessionStorage.removeItem(nameOf(code));
    sessionStorage.removeItem(LAST);
    return { number_end: way.number_end, proof };
  } catch {
    return null;
  }
}
