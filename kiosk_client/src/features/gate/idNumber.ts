/** Weights and check characters of GB 11643-1999. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECKS = "10X98765432";

/** The characters of a resident's number as typed: blanks and dashes go, a small x grows. */
export function tidy(number: string): string {
  return number.replace(/[\s-]/g, "").toUpperCase();
}

export type IdProblem = "short" | "checksum" | null;

/** What is visibly wrong with an 18-character resident's number before the server looks at it; null: nothing. */
export function idProblem(number: string): IdProblem {
  const bare = tidy(number);
  if (!/^\d{17}[\dX]$/.test(bare)) return "short";
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * Number(bare[place]), 0);
  return CHECKS[sum % 11] === bare[17] ? null : "checksum";
}
