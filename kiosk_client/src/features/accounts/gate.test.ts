import { expect, it } from "vitest";
import { freshPassword, nextDoor, PASSWORD_MIN, passwordProblem } from "./gate.ts";

it("goes only to the door of one's own role", () => {
  expect(nextDoor("?next=/judge%3Fsession%3D1", "judge")).toBe("/judge?session=1");
  expect(nextDoor("?next=/judge", "clerk")).toBe("/clerk");
  expect(nextDoor("?next=/search%3Fq%3D1", "clerk")).toBe("/search?q=1");
  expect(nextDoor("?next=/meetings%3Fid%3D1", "clerk")).toBe("/meetings?id=1");
  expect(nextDoor("?next=/search", "administrator")).toBe("/meetings");
  expect(nextDoor("?next=/clerk", "administrator")).toBe("/meetings");
  expect(nextDoor("?next=/archive%3Fq%3D1", "judge")).toBe("/archive?q=1");
  expect(nextDoor("?next=/search", "supervisor")).toBe("/supervise");
  expect(nextDoor("?next=/supervise", "judge")).toBe("/judge");
  for (const evil of [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/judge\\..\\x",
  ])
    expect(nextDoor(`?next=${encodeURIComponent(evil)}`, "judge")).toBe("/judge");
});

it("makes long passwords without look-alikes", () => {
  const made = freshPassword();
  expect(made).toMatch(/^([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}$/);
  expect(made).not.toBe(freshPassword());
  expect(made.length).toBeGreaterThanOrEqual(PASSWORD_MIN);
});

it("names what is wrong with a new password", () => {
  expect(passwordProblem("old-password", "短", "短")).toBe("short");
  expect(passwordProblem("old-password", "old-password", "old-password")).toBe("same");
  expect(passwordProblem("old-password", "a whole sentence", "a whole sentenc")).toBe("differ");
  expect(passwordProblem("old-password", "a whole sentence", "a whole sentence")).toBeNull();
});
