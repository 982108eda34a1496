import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useSound } from "../../media/useSound.ts";
import type { LineKind, LineView } from "../../protocol/messages.ts";
import { reviewApi } from "../../protocol/review.ts";
import { type Hearing, person } from "../../state/hearing.ts";
import { shownLines } from "../../state/minutes.ts";
import { language } from "../../state/preferences.ts";
import { courtText } from "../../text/court.ts";
import { text } from "../../text/index.ts";
import { Banner, Button, Tick } from "../../ui/index.ts";
import { titleOf } from "../hearing/words.ts";
import { Ask, failureText } from "../order/Ask.tsx";
import { captionTrouble } from "./Captions.tsx";
import { Composer } from "./Composer.tsx";
import { nextExhibit, saidAt } from "./draft.ts";
import { AssignDialog, EditorKeys, RevisionsDialog } from "./EditorDialogs.tsx";
import { type EditorAct, editorAct } from "./keys.ts";
import { LineEdit } from "./LineEdit.tsx";
import { LineRow } from "./LineRow.tsx";
import { useEditor } from "./useEditor.ts";
import { useStick } from "./useStick.ts";
import "./minutes.css";
import "./editor.css";

type Passage = "mark" | "identity" | "rights" | "discipline" | "exhibit" | "closing";
const PASSAGES: readonly [Passage, string][] = [
  ["mark", "F2"],
  ["identity", "F3"],
  ["rights", "F4"],
  ["discipline", "F6"],
  ["exhibit", "F7"],
  ["closing", "F8"],
];
const KIND: Partial<Record<Passage, LineKind>> = { mark: "mark", exhibit: "exhibit" };

/** The clerk's minutes: lines come by themselves at the end, and are corrected in place without stopping them. */
export function Editor({ hearing, zone }: { hearing: Hearing; zone: string }) {
  const t = courtText().editor;
  const m = text().minutes;
  useEffect(() => hearing.minutes.read(), [hearing]);
  const state = hearing.state.value;
  const minutes = hearing.minutes.state.value;
  const editing = useEditor(hearing);
  const [all, setAll] = useState(false);
  const [dialog, setDialog] = useState<"assign" | "history" | "strike" | "keys" | null>(null);
  const [words, setWords] = useState("");
  const [speaker, setSpeaker] = useState("");
  const awaited = useRef<string | null>(null);
  const sound = useSound((cause) => editing.say(failureText(cause)));
  const lines = useMemo(() => shownLines(minutes, all), [minutes.lines, all]);
  const { draft } = editing;
  const { ref, newer, toEnd } = useStick<HTMLOListElement>(lines.length, draft !== null);
  const may = state.rights.includes("write_minutes");
  const people = state.hearing?.people.filter((one) => one.seat.role !== "observer") ?? [];
  const at = lines.findIndex((one) => one.id === editing.picked);
  const picked = lines[at];
  const following = lines.slice(at + 1).find((one) => !one.struck);
  const drafted = draft ? minutes.lines.get(draft.line) : undefined;
  const orphan = drafted && !lines.includes(drafted) ? drafted : null;
  const trouble = captionTrouble(minutes.standing);

  // A passage that was inserted is edited at once, when its line has come.
  useEffect(() => {
    const line = awaited.current ? minutes.lines.get(awaited.current) : undefined;
    if (!line) return;
    awaited.current = null;
    void editing.edit(line.id);
  }, [minutes.lines]);

  function focusLine(id: string) {
    const row = [...(ref.current?.children ?? [])].find((one) => (one as HTMLElement).dataset.line === id);
    (row as HTMLElement | undefined)?.focus();
  }
  function pick(line: LineView | undefined) {
    if (!line) return;
    editing.pick(line.id);
    focusLine(line.id);
  }
  async function insert(passage: Passage) {
    const wanted = passage === "exhibit" ? t.exhibit(nextExhibit([...minutes.lines.values()])) : t.passages[passage];
    if (draft && !(await editing.save())) return;
    const id = await editing.write(wanted, KIND[passage] ?? "note", null);
    if (!id || passage === "mark") return;
    if (hearing.minutes.state.peek().lines.has(id)) void editing.edit(id);
    else awaited.current = id;
  }
  async function write() {
    if (await editing.write(words, speaker ? "speech" : "note", speaker || null)) setWords("");
  }

  function hear(line: LineView, from_ms: number) {
    if (!line.track) return editing.say(t.noSound);
    const { track } = line;
    const session = state.hearing?.session ?? "";
    const to_ms = Math.max(line.to_ms, from_ms + 1);
    void sound.toggle(`${line.id}@${from_ms}`, (signal) =>
      reviewApi.sound(session, hearing.socket.credential, { track, from_ms, to_ms }, signal),
    );
  }

  function act(wanted: EditorAct): void {
    switch (wanted) {
      case "up":
        return pick(at < 0 ? lines.at(-1) : lines[Math.max(0, at - 1)]);
      case "down":
        return pick(at < 0 ? lines.at(-1) : lines[Math.min(lines.length - 1, at + 1)]);
      case "first":
        return pick(lines[0]);
      case "last":
        return pick(lines.at(-1));
      case "edit":
        return picked && void editing.edit(picked.id);
      case "cancel":
        editing.cancel();
        return draft ? focusLine(draft.line) : undefined;
      case "save":
        return void editing.save().then((saved) => saved && draft && focusLine(draft.line));
      case "split": {
        const area = ref.current?.querySelector("textarea");
        return void editing.split(area?.selectionStart ?? 0).then(() => draft && focusLine(draft.line));
      }
      case "join":
        return picked && void editing.join(picked, following);
      case "assign":
      case "history":
        return picked && setDialog(wanted);
      case "strike":
        return picked && void strike(picked);
      case "strike_why":
        return picked && setDialog("strike");
      case "undo":
        return undo();
      case "hear": {
        const area = draft && ref.current?.querySelector("textarea");
        return picked && hear(picked, area ? saidAt(picked, area.selectionStart) : picked.from_ms);
      }
      case "quiet":
        return sound.stop();
      case "help":
        return setDialog("keys");
      case "write":
        return document.getElementById("composer-words")?.focus();
      default:
        return void insert(wanted);
    }
  }
  async function strike(line: LineView, reason = "") {
    const beside = lines[at + 1] ?? lines[at - 1];
    if (!(await editing.strike(line, !line.struck, reason))) return;
    // The line goes; the keys stay with the one beside it, or nobody could undo by keyboard.
    if (!all) pick(beside);
  }
  function undo() {
    const gone = editing.struck && minutes.lines.get(editing.struck.id);
    if (gone?.struck) void editing.strike(gone, false);
  }
  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (target.closest("dialog")) return;
    const inText = target.closest("textarea, input, select") !== null;
    const inDraft = target.id === "line-area";
    // A button's Enter is the button's; the keys of a choice are its own.
    if (!inText && target.closest("button") && !/^F\d$/.test(event.key) && !event.altKey) return;
    const { key, code, altKey: alt, shiftKey: shift, isComposing: composing } = event;
    const wanted = editorAct({ key, code, alt, ctrl: event.ctrlKey || event.metaKey, shift, composing }, inText);
    if (!wanted || !may || (inText && !inDraft && (wanted === "save" || wanted === "cancel"))) return;
    event.preventDefault();
    act(wanted);
  }

  const reached = picked ?? lines.at(-1);
  const row = (line: LineView, inWork: boolean) => {
    const who = person(state, line.participant);
    return (
      <LineRow
        key={line.id}
        line={line}
        who={who && titleOf(who)}
        language={language.value}
        marks
        selected={line.id === editing.picked}
        reached={line === reached}
        onPick={editing.pick}
        onOpen={may ? editing.edit : undefined}
        onHear={hear}
        playing={sound.playing?.startsWith(`${line.id}@`)}
      >
        {inWork && <LineEdit editing={editing} line={line} />}
      </LineRow>
    );
  };
  // Thousands of rows are made anew when lines change, not for every key that is typed into one of them.
  const rows = useMemo(
    () => lines.map((line) => row(line, false)),
    [lines, editing.picked, reached, state.hearing?.people, may, language.value, sound.playing],
  );
  const working = draft ? lines.findIndex((one) => one.id === draft.line) : -1;
  const drawn = lines[working]
    ? [...rows.slice(0, working), row(lines[working], true), ...rows.slice(working + 1)]
    : rows;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys act on the list, whichever part of it has the focus.
    <div class="editor" onKeyDown={onKeyDown}>
      <div class="editor-bar">
        {PASSAGES.map(([passage, key]) => (
          <Button key={passage} disabled={!may} onClick={() => void insert(passage)}>
            {t.templates[passage]} <kbd>{key}</kbd>
          </Button>
        ))}
        <span class="grow" />
        <Tick checked={all} onChange={setAll}>
          {t.showStruck}
        </Tick>
      </div>
      {trouble && <p class="minutes-state small soft">{trouble}</p>}
      {editing.problem && (
        <Banner
          tone="bad"
          actions={
            <Button kind="quiet" onClick={() => editing.say("")}>
              {text().common.close}
            </Button>
          }
        >
          {editing.problem}
        </Banner>
      )}
      {editing.struck && minutes.lines.get(editing.struck.id)?.struck && (
        <Banner
          tone="info"
          actions={
            <Button onClick={undo}>
              {t.undo} <kbd>Ctrl+Z</kbd>
            </Button>
          }
        >
          {t.struck(editing.struck.text.slice(0, 24))}
        </Banner>
      )}
      {orphan && <div class="line-orphan">{<LineEdit editing={editing} line={orphan} />}</div>}
      <div class="minutes">
        <ol class="minutes-lines" ref={ref} aria-label={t.lines}>
          {lines.length === 0 && <li class="minutes-empty">{m.empty}</li>}
          {drawn}
        </ol>
        {newer > 0 && (
          <Button class="minutes-newer" kind="primary" onClick={toEnd}>
            {m.newer(newer)}
          </Button>
        )}
      </div>
      <div class="editor-acts">
        <span class="small soft">{t.hint}</span>
        <Button icon="help" onClick={() => setDialog("keys")}>
          {t.allKeys} <kbd>?</kbd>
        </Button>
        <span class="grow" />
        {sound.playing ? (
          <Button onClick={sound.stop}>
            {t.quiet} <kbd>Esc</kbd>
          </Button>
        ) : (
          picked?.track && (
            <Button icon="speaker" onClick={() => act("hear")}>
              {t.hear} <kbd>{t.space}</kbd>
            </Button>
          )
        )}
        {may && picked && (
          <>
            <Button onClick={() => act("edit")}>{t.edit}</Button>
            <Button onClick={() => act("join")}>{t.join}</Button>
            <Button onClick={() => act("assign")}>{t.assign}</Button>
            <Button onClick={() => act(picked.struck ? "strike" : "strike_why")}>
              {picked.struck ? t.restore : t.strike}
            </Button>
          </>
        )}
        {picked && <Button onClick={() => act("history")}>{t.history}</Button>}
      </div>
      {may && (
        <Composer
          people={people}
          words={words}
          speaker={speaker}
          onWords={setWords}
          onSpeaker={setSpeaker}
          onWrite={() => void write()}
        />
      )}
      {dialog === "keys" && <EditorKeys onClose={() => setDialog(null)} />}
      {dialog === "assign" && picked && (
        <AssignDialog
          people={people}
          now={picked.participant}
          onClose={() => setDialog(null)}
          onChoose={(participant) => {
            setDialog(null);
            void editing.assign(picked, participant).then(() => focusLine(picked.id));
          }}
        />
      )}
      {dialog === "history" && picked && (
        <RevisionsDialog hearing={hearing} line={picked} zone={zone} onClose={() => setDialog(null)} />
      )}
      {dialog === "strike" && picked && (
        <Ask
          title={t.strikeTitle}
          yes={t.strike}
          reason="optional"
          onYes={(reason) => strike(picked, reason)}
          onClose={() => setDialog(null)}
        >
          <p>{picked.text}</p>
          <p class="soft">{t.strikeText}</p>
        </Ask>
      )}
    </div>
  );
}
