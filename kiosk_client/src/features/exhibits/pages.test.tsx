import { signal } from "@preact/signals";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AnyCommand, ExhibitRow, HearingView, PersonView, Right, Role } from "../../protocol/messages.ts";
import { Refused } from "../../protocol/socket.ts";
import { type Hearing, nothingYet } from "../../state/hearing.ts";
import { ExhibitDesk } from "./ExhibitDesk.tsx";
import { ExhibitSheet } from "./ExhibitSheet.tsx";
import { PdfPages } from "./PdfPages.tsx";

const row = (number: number, participant: string, more: Partial<ExhibitRow> = {}): ExhibitRow => ({
  number,
  name: `材料${number}`,
  source: "原告提供",
  purpose: "证明交货",
  participant,
  kind: "png",
  size_bytes: 1200,
  pages: 0,
  sha256: String(number).repeat(64),
  state: "submitted",
  public: false,
  shown: false,
  opinions: [],
  ...more,
});

const person = (participant: string, role: Role, name: string, staff: boolean) =>
  ({ seat: { participant, role, name, seat: role }, label_zh: name, label_en: name, staff }) as unknown as PersonView;

const PEOPLE = [
  person("J", "presiding_judge", "陈静怡", true),
  person("P", "plaintiff", "张三", false),
  person("D", "defendant", "李四", false),
];

let sent: AnyCommand[] = [];
let answer: () => Promise<unknown> = async () => ({});
let room: HTMLElement;

function hearingOf(me: string, rights: Right[]): Hearing {
  const view = { session: "S", state: "in_session", people: PEOPLE, exhibit_changes: 1, exhibit: null };
  const state = signal({ ...nothingYet, me, rights, hearing: view as unknown as HearingView });
  return {
    state,
    link: signal({ at: "open" }),
    self: signal(PEOPLE.find((one) => one.seat.participant === me)),
    socket: { credential: "C" },
    do: (command: AnyCommand) => {
      sent.push(command);
      return answer();
    },
  } as unknown as Hearing;
}

function serve(exhibits: ExhibitRow[]) {
  vi.stubGlobal("fetch", async () => Response.json({ changes: 1, next_number: exhibits.length + 1, exhibits }));
}

async function shown(page: preact.ComponentChild) {
  await act(async () => render(page, room));
  await act(async () => {
    await new Promise((wake) => setTimeout(wake));
  });
}

const button = (words: string) =>
  [...room.querySelectorAll("button")].find((one) => one.textContent?.trim() === words) ?? null;
const press = (words: string) => act(async () => button(words)?.click());

beforeEach(() => {
  sent = [];
  answer = async () => ({});
  room = document.body.appendChild(document.createElement("div"));
});
afterEach(() => {
  render(null, room);
  room.remove();
  vi.unstubAllGlobals();
});

test("a party is offered what may be done: to take back one's own, to speak of the other side's", async () => {
  serve([row(1, "P"), row(2, "D", { state: "reviewed" }), row(3, "P", { state: "presented" })]);
  await shown(<ExhibitSheet hearing={hearingOf("P", ["publish"])} open onClose={() => undefined} />);
  const words = (number: number) => room.querySelector(`[data-exhibit="${number}"]`)?.textContent ?? "";
  expect(words(1)).toContain("撤回");
  expect(words(1)).not.toContain("发表质证意见");
  expect(words(2)).toContain("发表质证意见");
  expect(words(2)).not.toContain("撤回");
  expect(words(3)).not.toContain("撤回");
  await press("撤回");
  expect(sent).toEqual([]);
  await press("确认撤回");
  expect(sent).toEqual([{ do: "exhibit_state", number: 1, state: "withdrawn" }]);
  expect(room.querySelector(".exhibit-told")?.textContent).toBe("已撤回证据1");
});

test("an opinion goes only when all three qualities are chosen, and a refusal is read", async () => {
  serve([row(2, "D", { state: "reviewed" })]);
  await shown(<ExhibitSheet hearing={hearingOf("P", ["publish"])} open about={2} onClose={() => undefined} />);
  const submit = () =>
    act(async () => {
      room.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true, bubbles: true }));
    });
  await submit();
  expect(room.textContent).toContain("逐项选择");
  expect(sent).toEqual([]);
  for (const value of ["admit", "deny", "reserve"])
    await act(async () => {
      const sets = [...room.querySelectorAll("fieldset")];
      const set = sets[["admit", "deny", "reserve"].indexOf(value)];
      set
        ?.querySelector<HTMLInputElement>(`input[value=${value}]`)
        ?.dispatchEvent(new Event("change", { bubbles: true }));
    });
  answer = async () => {
    throw new Refused("not-open", "庭审已结束，证据不能再变更", "over");
  };
  await submit();
  expect(sent).toEqual([
    { do: "exhibit_opinion", number: 2, authenticity: "admit", legality: "deny", relevance: "reserve", text: "" },
  ]);
  expect(room.querySelector("[role=alert]")?.textContent).toContain("庭审已结束");
});

test("the court reviews and shows by keys, and nothing that is not reviewed is shown", async () => {
  serve([row(1, "P"), row(2, "D", { state: "reviewed" })]);
  await shown(<ExhibitDesk hearing={hearingOf("J", ["publish", "admit", "arrange"])} grab={1} />);
  const heads = [...room.querySelectorAll<HTMLButtonElement>(".exhibit-row-head")];
  expect(document.activeElement).toBe(heads[0]);
  const key = (name: string) =>
    act(async () => {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
    });
  await key("s");
  expect(sent).toEqual([]);
  await key("ArrowDown");
  expect(document.activeElement).toBe(heads[1]);
  await key("s");
  expect(sent).toEqual([{ do: "exhibit_show", number: 2, shown: true }]);
  await act(async () => heads[0]?.click());
  await press("审核通过");
  expect(sent.at(-1)).toEqual({ do: "exhibit_state", number: 1, state: "reviewed" });
  await press("列入公开版");
  expect(sent).toHaveLength(2);
  await press("确认列入");
  expect(sent.at(-1)).toEqual({ do: "exhibit_public", number: 1, public: true });
});

test("pages are turned for the room by the court, and for oneself in the list", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url.split("/exhibits/")[1] ?? "");
    return new Response(new Blob(["JPEG"]));
  });
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:1", revokeObjectURL: () => undefined }));
  const exhibit = row(2, "D", { kind: "pdf", pages: 3 });
  const turned: number[] = [];
  const turn = async (page: number) => turned.push(page);
  const judge = hearingOf("J", ["arrange"]);
  await shown(<PdfPages hearing={judge} exhibit={exhibit} page={2} onTurn={turn} />);
  expect(room.querySelector("img")?.alt).toContain("第 2 / 3 页");
  await press("下一页");
  await press("上一页");
  expect(turned).toEqual([3, 1]);
  const key = new KeyboardEvent("keydown", { key: "PageDown", bubbles: true, cancelable: true });
  await act(async () => {
    room.querySelector(".exhibit-press")?.dispatchEvent(key);
  });
  expect(turned).toEqual([3, 1, 3]);
  await shown(<PdfPages hearing={judge} exhibit={exhibit} page={2} />);
  expect(button("下一页")).toBeNull();
  render(null, room);
  await shown(<PdfPages hearing={hearingOf("P", [])} exhibit={exhibit} />);
  await press("下一页");
  expect(room.textContent).toContain("第 2 / 3 页");
  expect(asked).toEqual(["2/pages/2", "2/pages/1", "2/pages/2"]);
});

test("a list that cannot be read says so and is asked for again", async () => {
  vi.stubGlobal("fetch", async () =>
    Response.json({ error: "too-many", message: "操作过于频繁，请稍候" }, { status: 429 }),
  );
  await shown(<ExhibitDesk hearing={hearingOf("J", ["admit"])} />);
  expect(room.textContent).toContain("操作过于频繁");
  serve([]);
  await press("重试");
  await act(async () => {
    await new Promise((wake) => setTimeout(wake));
  });
  expect(room.textContent).toContain("还没有证据");
});
