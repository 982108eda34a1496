import { describe, expect, it } from "vitest";
import { caseNoProblem, tidyCaseNo } from "./caseNo.ts";
import { addDays, courtDay, courtInstant, courtTime, courtWeekdayZh, offsetMinutes } from "./courtTime.ts";
import { problems, type SeatDraft, type SessionDraft, seatNames, seatProblems, terms } from "./draft.ts";
import { invitationText, spacedCode } from "./invitationText.ts";

const ZONE = "Asia/Shanghai";
const NOW = Date.UTC(2026, 10, 22, 3, 0);

describe("case numbers", () => {
  it.each(["(2018)粤01破1号", "（2026）粤0106民初12345号", "(2020)最高法民终123号", "（２０２４）京73行初9号之一"])(
    "takes %s",
    (text) => expect(caseNoProblem(text, 2026)).toBeNull(),
  );

  it.each([
    ["", "empty"],
    ["2018粤01破1号", "brackets"],
    ["(2031)粤01破1号", "year"],
    ["(1066)粤01破1号", "year"],
    ["(2018)粤01破号", "number"],
    ["(2018)粤01破1", "number"],
    ["(2018)1号", "form"],
    ["(2018)粤01破1号<script>", "form"],
  ])("refuses %s: %s", (text, problem) => expect(caseNoProblem(text, 2026)).toBe(problem));

  it("tidies brackets, digits and blanks", () => {
    expect(tidyCaseNo(" （２０１８） 粤01破 1号 ")).toBe("(2018)粤01破1号");
    expect(tidyCaseNo("〔2018〕粤01破1号")).toBe("(2018)粤01破1号");
  });
});

describe("the court's clock", () => {
  it("is the court's whatever this computer's is", () => {
    const at = courtInstant(ZONE, "2026-11-22", "09:30");
    expect(at).toBe(Date.UTC(2026, 10, 22, 1, 30));
    expect(courtTime(ZONE, at ?? 0)).toBe("09:30");
    expect(courtDay(ZONE, Date.UTC(2026, 10, 21, 16, 0))).toBe("2026-11-22");
    expect(courtWeekdayZh(ZONE, at ?? 0)).toBe("星期日");
  });

  it("refuses what no calendar has", () => {
    expect(courtInstant(ZONE, "2026-02-30", "09:30")).toBeNull();
    expect(courtInstant(ZONE, "2026-02-03", "25:00")).toBeNull();
    expect(courtInstant(ZONE, "22.11.2026", "09:30")).toBeNull();
  });

  it("survives summer time", () => {
    const berlin = "Europe/Berlin";
    expect(courtInstant(berlin, "2026-03-29", "02:30")).toBeNull();
    expect(courtInstant(berlin, "2026-03-29", "03:30")).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(offsetMinutes(berlin, Date.UTC(2026, 6, 1))).toBe(120);
  });

  it("walks the calendar", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
  });
});

const seat = (more: Partial<SeatDraft>): SeatDraft => ({
  role: "plaintiff",
  side: "",
  name: "张三",
  required: true,
  account: "",
  ...more,
});

const draft = (more: Partial<SessionDraft> = {}): SessionDraft => ({
  case_no: "(2018)粤01破1号",
  hearing_no: "1",
  cause: "申请破产清算",
  glossary: "",
  title: "",
  public: true,
  day: "2026-11-23",
  time: "09:30",
  identity: "",
  seats: [seat({ role: "judge", account: "judge" }), seat({})],
  ...more,
});

describe("a session's draft", () => {
  it("takes one term a line, as many and as long as the server does", () => {
    expect(terms(" 云庭科技\n\n张建国、李敏；")).toEqual(["云庭科技", "张建国", "李敏"]);
    expect(problems(draft({ glossary: "字".repeat(60) }), ZONE, NOW)).toEqual([]);
    expect(problems(draft({ glossary: "字".repeat(61) }), ZONE, NOW)).toEqual(["glossary"]);
    expect(problems(draft({ glossary: "甲乙\n".repeat(301) }), ZONE, NOW)).toEqual(["glossary"]);
  });

  it("passes when complete and names what is missing", () => {
    expect(problems(draft(), ZONE, NOW)).toEqual([]);
    expect(problems(draft({ case_no: "1号", cause: " ", seats: [] }), ZONE, NOW)).toEqual([
      "case_no.brackets",
      "cause",
      "seats.judge",
      "seats.party",
    ]);
    expect(problems(draft({ day: "2026-11-01" }), ZONE, NOW)).toEqual(["time.past"]);
  });

  it("wants a name, an account for staff (once) and a side for agents", () => {
    const twice = [seat({ role: "judge", account: "li" }), seat({ role: "clerk", account: "li" })];
    expect(seatProblems(seat({ name: "" }), [])).toEqual(["name"]);
    expect(seatProblems(seat({ role: "clerk" }), [])).toEqual(["account"]);
    expect(seatProblems(twice[1] ?? seat({}), twice)).toEqual(["account_twice"]);
    expect(seatProblems(seat({ role: "agent" }), [])).toEqual(["side"]);
  });

  it("gives each seat a name of its own", () => {
    const names = seatNames([
      seat({}),
      seat({}),
      seat({ role: "agent", side: "plaintiff" }),
      seat({ role: "agent", side: "third_party" }),
    ]);
    expect(names).toEqual(["plaintiff-1", "plaintiff-2", "plaintiff-agent-1", "third-party-agent-1"]);
  });
});

it("writes an invitation a person can act on", () => {
  const text = invitationText({
    court: "广州市中级人民法院",
    case_no: "(2018)粤01破1号",
    cause: "申请破产清算",
    name: "张三",
    label_zh: "原告",
    when: "11月23日09:30",
    url: "https://court.example/join/abc",
    code: "12345678",
  });
  for (const part of ["张三", "原告", "(2018)粤01破1号", "https://court.example/join/abc", "1234 5678"])
    expect(text).toContain(part);
  expect(spacedCode("abc")).toBe("abc");
});
