import type { LookKind, SupervisedHearing } from "../../protocol/supervision.ts";

/** What a look is at. */
export function kindOf(look: { picture: boolean; sound: boolean }): LookKind {
  if (look.picture && look.sound) return "both";
  return look.picture ? "picture" : "sound";
}

/** The tiles that hold everything that was typed, parted by blanks. */
export function matching(hearings: readonly SupervisedHearing[], typed: string): SupervisedHearing[] {
  const words = typed.trim().toLowerCase().split(/\s+/);
  return hearings.filter((one) => {
    const text = [one.case_no, one.hearing_no, one.title, one.cause, one.judge, one.court].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
