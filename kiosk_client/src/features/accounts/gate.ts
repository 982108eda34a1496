import { signal } from "@preact/signals";
import { ApiError, api, type CourtCard } from "../../protocol/api.ts";
import { type Staff, type StaffRole, staffApi } from "../../protocol/staff.ts";

/** Who is signed in, for every page of the court's own people. */
export type Gate =
  | { at: "loading" }
  | { at: "out" }
  | { at: "in"; staff: Staff; court: CourtCard }
  | { at: "failed"; cause: unknown };

export const gate = signal<Gate>({ at: "loading" });

/** Open to all of them; the bankruptcy administrator's own. */
export const MEETINGS = "/meetings";

export const HOME: Record<StaffRole, string> = {
  judge: "/judge",
  clerk: "/clerk",
  operator: "/signin",
  administrator: MEETINGS,
  supervisor: "/supervise",
};

/** Open to the court's people. */
export const SEARCH = "/search";
export const ARCHIVE = "/archive";

export async function openGate(): Promise<void> {
  gate.value = { at: "loading" };
  try {
    const [staff, court] = await Promise.all([staffApi.me(), api.court()]);
    gate.value = { at: "in", staff, court };
  } catch (cause) {
    gate.value = cause instanceof ApiError && cause.status === 401 ? { at: "out" } : { at: "failed", cause };
  }
}

export async function signOut(): Promise<void> {
  try {
    await staffApi.logout();
  } catch {
    // Already signed out, or the server is away: the sign-in page finds out.
  }
  location.assign("/signin");
}

/** Where to go after signing in: only the doors of the court's own people, whatever the address says. */
export function nextDoor(search: string, role: StaffRole): string {
  const asked = new URLSearchParams(search).get("next") ?? "";
  const path = asked.split(/[?#]/)[0] ?? "";
  const court = role !== "administrator" && role !== "supervisor";
  const allowed =
    (path === MEETINGS && role !== "supervisor") ||
    ((path === SEARCH || path === ARCHIVE) && court) ||
    (["/judge", "/clerk", "/supervise"].includes(path) && path === HOME[role]);
  return allowed && !asked.includes("\\") ? asked : HOME[role];
}

/** A password nobody guesses and everybody can read out: four groups without look-alikes. */
export function freshPassword(random: (n: number) => Uint8Array = randomBytes): string {
  const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
  const letters = [...random(64)].filter((byte) => byte < 248).map((byte) => alphabet[byte % alphabet.length]);
  return [0, 4, 8, 12].map((from) => letters.slice(from, from + 4).join("")).join("-");
}

function randomBytes(n: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(n));
}

export type PasswordProblem = "short" | "same" | "differ";
export const PASSWORD_MIN = 10;

export function passwordProblem(old: string, fresh: string, again: string): PasswordProblem | null {
  if ([...fresh].length < PASSWORD_MIN) return "short";
  if (fresh === old) return "same";
  return fresh === again ? null : "differ";
}
