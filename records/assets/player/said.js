// The minutes beside the picture: they follow it, every word leads to its moment, and words are found in them.
// `said` is [line, kind, participant, speaker, from_ms, to_ms, [[text, from_ms, to_ms], …]], by time.
const said = JSON.parse($("said-data").textContent).map(([id, kind, who, speaker, from, to, words]) => {
  const text = words.map(([piece]) => piece).join("");
  return { id, kind, who, speaker, from, to, words, text, folded: fold(text) };
});
const spoken = said.filter((line) => line.kind !== "mark");
// Moments: what the clerk noted of exhibits, marks, and each time that an exhibit was shown.
const exhibits = [
  ...said.filter((line) => line.kind === "exhibit" || line.kind === "mark"),
  ...(facts.exhibits ?? []).flatMap((one) => one.shown.map(([from, to]) => ({ from, to, one, who: "", kind: "exhibit", text: `证据${one.number} ${one.name}` }))),
].sort((a, b) => a.from - b.from);
let shownSaid = []; // {line, item, words: [span, …]} of what is in the list now
let hits = []; // {ms, item} of the search, in order
let hitAt = -1;
let following = true;
let nowSaid = null;
let nowWord = null;

const speakerOf = (line) => (line.who && language === "en" && person(line.who) ? personName(person(line.who)) : line.speaker);

function buildSaid() {
  const wanted = wantedWords($("search").value);
  shownSaid = [];
  hits = [];
  hitAt = -1;
  nowSaid = nowWord = null;
  const items = [];
  for (const line of spoken) {
    const speaker = speakerOf(line);
    const marks = wanted.length > 0 ? places(line.folded, wanted) : [];
    if (wanted.length > 0 && !wanted.every((word) => line.folded.includes(word) || fold(speaker).includes(word))) continue;
    let at = 0;
    const words = line.words.map(([text, from]) => {
      const span = element("span", { class: "word", "data-ms": from }, ...markedText(text, at, marks));
      at += text.length;
      return span;
    });
    const head = element("button", { type: "button", class: "head", "data-ms": line.from, tabindex: "-1" },
      element("time", {}, clock(line.from)), " ", element("b", {}, ...markedText(speaker, 0, places(fold(speaker), wanted))));
    const item = element("li", { class: line.kind, "data-line": line.id }, head, element("p", { lang: line.kind === "speech" ? false : "zh-CN" }, ...words));
    items.push(item);
    shownSaid.push({ line, item, words });
    // A word may be found across words of the speech: its place is where its first character was said.
    for (const [from] of marks) hits.push({ ms: momentOf(line, from), item });
    if (wanted.length > 0 && marks.length === 0) hits.push({ ms: line.from, item });
  }
  $("said-list").replaceChildren(...items);
  if (items[0]) items[0].firstChild.tabIndex = 0;
  $("no-said").hidden = items.length > 0;
  $("no-said").textContent = t(wanted.length > 0 ? "noHits" : "noSaid");
  showSaid();
}
// When the character at this place of the line was said: the beginning of its word.
function momentOf(line, place) {
  let at = 0;
  for (const [text, from] of line.words) {
    at += text.length;
    if (place < at) return from;
  }
  return line.from;
}
function lastBefore(list, ms, from) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (from(list[middle]) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
// What is being said; between speeches the last line that began. An exhibit noted meanwhile does not hide who speaks.
function spokenAt(ms) {
  const last = lastBefore(shownSaid, ms, (one) => one.line.from);
  for (let at = last; at >= 0 && at > last - 12; at--) if (ms <= shownSaid[at].line.to) return shownSaid[at];
  return shownSaid[last] ?? null;
}
// Marks the line and the word of this moment; the list follows unless its reader has gone elsewhere.
function showSaid() {
  const ms = nowMs() + 50;
  const current = spokenAt(ms);
  const at = current ? lastBefore(current.line.words, ms, ([, from]) => from) : -1;
  const word = at >= 0 && ms <= current.line.words[at][2] + 1000 ? current.words[at] : null;
  if (word !== nowWord) {
    nowWord?.classList.remove("said");
    word?.classList.add("said");
    nowWord = word;
  }
  const name = current ? speakerOf(current.line) : "";
  const caption = current && ms <= current.line.to + 1000 ? `${name}${name && (language === "zh" ? "：" : ": ")}${current.line.text}` : "";
  $("caption").hidden = !captions || caption === "";
  if (captions) $("caption").textContent = caption;
  if (current?.item === nowSaid) return;
  nowSaid?.classList.remove("now");
  current?.item.classList.add("now");
  nowSaid = current?.item ?? null;
  if (following) bringIn($("said-list"), nowSaid);
}
let captions = false;
function toggleCaptions() {
  captions = !captions;
  $("captions").setAttribute("aria-pressed", String(captions));
  showSaid();
}
// Into the upper third of its list. The page itself stays where it is.
function bringIn(list, item) {
  if (item) list.scrollTop = item.offsetTop - list.offsetTop - list.clientHeight / 3;
}
function follow(yes) {
  following = yes;
  $("follow").hidden = yes || shownSaid.length === 0;
  if (yes) bringIn($("said-list"), nowSaid);
}
function stepWord(direction) {
  const words = spoken.flatMap((line) => line.words.map(([, from]) => from));
  const ms = nowMs();
  const target = direction > 0 ? words.find((from) => from > ms + 10) : words.findLast((from) => from < ms - 250);
  if (target !== undefined) {
    follow(true);
    seek(target);
  }
}
function showHits() {
  const searching = wantedWords($("search").value).length > 0;
  const all = hits.length + courseHits;
  $("found").textContent = searching ? t("found")(hitAt + 1, hits.length || all) : "";
  for (const id of ["hit-before", "hit-after", "clear"]) $(id).hidden = !searching;
  for (const id of ["hit-before", "hit-after"]) $(id).disabled = hits.length === 0;
  $("count-said").textContent = searching ? ` ${hits.length}` : "";
  $("count-course").textContent = searching ? ` ${courseHits}` : "";
}
function stepHit(direction) {
  if (hits.length === 0) return;
  hitAt = hitAt < 0 ? (direction > 0 ? 0 : hits.length - 1) : (hitAt + direction + hits.length) % hits.length;
  openTab("said");
  follow(true);
  seek(hits[hitAt].ms);
  bringIn($("said-list"), hits[hitAt].item);
  showHits();
}
function startSaid() {
  const list = $("said-list");
  list.addEventListener("click", (event) => {
    const target = event.target.closest("[data-ms]");
    if (!target || String(getSelection())) return;
    follow(true);
    seek(Number(target.dataset.ms));
  });
  // The list is one stop for Tab; within it the arrows go from line to line.
  list.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const lines = shownSaid.map((one) => one.item.firstChild);
    const next = lines[lines.indexOf(document.activeElement) + step];
    if (!step || !document.activeElement.classList.contains("head")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return;
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus({ preventScroll: true });
    bringIn(list, next.parentElement);
  });
  for (const name of ["wheel", "touchmove"]) list.addEventListener(name, () => follow(false), { passive: true });
  $("follow").addEventListener("click", () => follow(true));
  $("search").addEventListener("input", () => {
    buildSaid();
    buildCourse();
    showHits();
  });
  $("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") stepHit(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") clearSearch();
  });
  $("hit-before").addEventListener("click", () => stepHit(-1));
  $("hit-after").addEventListener("click", () => stepHit(1));
  $("clear").addEventListener("click", clearSearch);
}
function clearSearch() {
  $("search").value = "";
  $("search").dispatchEvent(new Event("input"));
  follow(true);
}
