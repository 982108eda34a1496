// The page itself: time line, course of the session, files, keys.
const KINDS = ["court", "people", "order", "speech", "exhibit", "recording", "system"];
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const TABS = ["said", "course", "exhibits", "tracks", "proof"];
const shown = new Set(["court", "people", "order", "speech", "exhibit"]);
let courseHits = 0;

function buildStrip() {
  const part = (kind, from, to, title) => {
    const node = element("i", { class: kind, title });
    node.style.left = `${(100 * from) / facts.duration_ms}%`;
    if (to > from) node.style.width = `${(100 * (to - from)) / facts.duration_ms}%`;
    return node;
  };
  const parts = facts.stretches.map((s) => part(s.recorded ? "rec" : "pause", s.from_ms, s.to_ms, s.zh));
  for (const track of facts.tracks) {
    for (const gap of track.gaps) {
      const lawful = facts.stretches.some((s) => !s.recorded && s.from_ms <= gap.from_ms && gap.to_ms <= s.to_ms);
      if (!lawful) parts.push(part("gap", gap.from_ms, gap.to_ms, gap.cause));
    }
  }
  for (const line of facts.lines) if (line.kind === "court") parts.push(part("mark", line.at_ms, line.at_ms, line[language]));
  for (const line of exhibits) parts.push(part("exhibit-mark", line.from, line.from, line.text || t("mark")));
  $("strip").replaceChildren(...parts, element("i", { class: "needle", id: "needle" }));
  $("strip").setAttribute("aria-valuemax", Math.round(facts.duration_ms / 1000));
}
function buildChapters() {
  const ends = facts.chapters.slice(1).map((chapter) => chapter.at_ms);
  const buttons = facts.chapters.map((chapter, index) => {
    const long_ms = (ends[index] ?? facts.duration_ms) - chapter.at_ms;
    const button = element("button", { type: "button", "data-ms": chapter.at_ms, title: `${clock(chapter.at_ms)} ${chapter[language]}` }, chapter[language]);
    button.style.flexGrow = Math.max(1, Math.round((1000 * long_ms) / facts.duration_ms));
    button.addEventListener("click", () => goTo(chapter.at_ms));
    return button;
  });
  $("chapters").replaceChildren(...buttons);
  $("chapters").hidden = buttons.length === 0;
}
function goTo(ms) {
  follow(true);
  seek(ms);
}
const courseItem = (ms, ...what) => element("button", { type: "button", "data-ms": ms }, element("time", {}, clock(ms)), element("span", {}, ...what));
function visibleLines() {
  const wanted = wantedWords($("search").value);
  return facts.lines.filter((line) => (wanted.length > 0 || shown.has(line.kind))
    && wanted.every((word) => fold(`${line.zh} ${line.en} ${line.actor}`).includes(word)));
}
function buildCourse() {
  const wanted = wantedWords($("search").value);
  const lines = visibleLines();
  courseHits = wanted.length > 0 ? lines.length : 0;
  $("lines").replaceChildren(...lines.map((line) =>
    element("li", { class: line.kind, "data-ms": line.at_ms }, courseItem(line.at_ms, ...markedText(line[language], 0, places(fold(line[language]), wanted))))));
  highlighted = null;
  showTime();
}
function buildChips() {
  $("chips").replaceChildren(...KINDS.map((kind) => {
    const chip = element("button", { type: "button", "aria-pressed": String(shown.has(kind)) }, t(kind));
    chip.addEventListener("click", () => {
      if (!shown.delete(kind)) shown.add(kind);
      chip.setAttribute("aria-pressed", String(shown.has(kind)));
      buildCourse();
    });
    return chip;
  }));
}
function buildExhibits() {
  const items = exhibits.map((line) => element("li", { "data-ms": line.from }, courseItem(line.from, line.text || t("mark"), line.who ? element("small", {}, ` ${speakerOf(line)}`) : ""), line.one ? exhibitDetail(line.one) : null));
  const unshown = (facts.exhibits ?? []).filter((one) => one.shown.length === 0)
    .map((one) => element("li", { class: "unshown" }, element("b", {}, `证据${one.number} ${one.name}`), element("small", {}, ` ${t("neverShown")}`), exhibitDetail(one)));
  $("exhibit-list").replaceChildren(...items, ...unshown);
  $("no-exhibits").hidden = items.length + unshown.length > 0;
}
function buildFiles() {
  const card = (name, detail, path) => element("div", { class: "card" }, element("b", {}, name), element("small", {}, detail),
    element("a", { href: address(path), download: true }, `${t("download")} ${path.split("/").pop()}`));
  const cards = facts.tracks.map((track) => card(
    personName(person(track.participant)) || track.seat,
    `${clock(track.from_ms)}–${clock(track.to_ms)} · ${track.codecs.join(" + ")} · ${size(track.bytes)} · ${track.gaps.length} ${t("gaps")}`,
    track.path));
  const links = (paths) => element("ul", { class: "files" }, ...paths.map((path) => element("li", {}, element("a", { href: address(path), download: true }, path.split("/").pop()))));
  const sounds = files.filter((path) => path.endsWith(".flac"));
  const texts = files.filter((path) => !path.endsWith(".flac"));
  $("tracks").replaceChildren(
    ...(texts.length ? [element("h3", {}, t("textFiles")), links(texts)] : []),
    element("h3", {}, t("mediaFiles")), element("p", { class: "note" }, t("tracksNote")),
    ...(facts.composite ? [card(t("composite"), t("compositeNote"), facts.composite)] : []), card(t("mix"), t("mixNote"), facts.mix), ...cards,
    ...(sounds.length ? [element("h3", {}, t("seatSounds")), element("p", { class: "note" }, t("seatSoundsNote")), links(sounds)] : []));
}
function buildFacts() {
  const item = (name, value, wide = false) => element("div", { class: wide ? "wide" : "" }, element("dt", {}, name), element("dd", {}, value));
  $("facts-list").replaceChildren(
    item(t("cause"), facts.cause), item(t("opened"), wall(facts.opened_utc_ms)), item(t("duration"), clock(facts.duration_ms)),
    item(t("coverage"), `${(facts.coverage.ppm / 10000).toFixed(2)}%`), item(t("parties"), facts.seats.filter((seat) => seat.came).map(personName).join(language === "zh" ? "、" : ", "), true));
}
function build() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = `${facts.case_no} ${t("title")}`;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = t(node.dataset.placeholder);
  $("language").textContent = language === "zh" ? "EN" : "中文";
  $("language").setAttribute("lang", language === "zh" ? "en" : "zh-CN");
  $("court").textContent = facts.court;
  $("case-no").textContent = facts.case_no;
  $("hearing-no").textContent = facts.hearing_no;
  $("draft").hidden = !facts.text?.draft;
  const keys = [["Space", "keyPlay"], ["← →", "keySeek"], [", .", "keyWord"], ["↑ ↓", "keyStep"], ["/", "keyFind"], ["[ ]", "keySpeed"], ["V", "keyView"], ["C", "keyCaptions"], ["M", "keyMute"], ["F", "keyFull"], ["1–5", "keyTabs"], ["+ −", "keySize"], ["L", "keyLang"]];
  $("key-list").replaceChildren(...keys.flatMap(([key, text]) => [element("dt", {}, element("code", {}, key)), element("dd", {}, t(text))]));
  buildChips(); buildStrip(); buildChapters(); buildViews(); buildSaid(); buildCourse(); buildExhibits(); buildFiles(); buildProof(); buildFacts();
  showHits(); showPlaying(); showSound(); keepStep();
}
let highlighted = null;
function showTime() {
  const ms = nowMs();
  $("now").textContent = clock(ms);
  $("wall").textContent = wall(facts.opened_utc_ms + ms);
  const needle = $("needle");
  if (needle) needle.style.left = `${(100 * ms) / facts.duration_ms}%`;
  $("strip").setAttribute("aria-valuenow", Math.round(ms / 1000));
  $("strip").setAttribute("aria-valuetext", clock(ms));
  const chapter = lastBefore(facts.chapters, ms + 50, (one) => one.at_ms);
  for (const [index, button] of [...$("chapters").children].entries()) button.classList.toggle("now", index === chapter);
  showExhibit(ms);
  const exhibit = lastBefore(exhibits, ms + 50, (one) => one.from);
  for (const [index, item] of [...$("exhibit-list").children].entries()) item.classList.toggle("now", index === exhibit && index < exhibits.length);
  showSaid();
  const lines = $("lines").children;
  const current = lines[lastBefore(lines, ms + 50, (item) => Number(item.dataset.ms))] ?? null;
  if (current === highlighted) return;
  highlighted?.classList.remove("now");
  current?.classList.add("now");
  highlighted = current;
  bringIn($("lines"), current);
}
function showPlaying() { $("play").textContent = clockVideo.paused ? `▶ ${t("play")}` : `❚❚ ${t("stop")}`; }
// From line to line of what is open: the minutes, or the course.
function step(direction) {
  const times = $("said").hidden ? visibleLines().map((line) => line.at_ms) : shownSaid.map((one) => one.line.from);
  const ms = nowMs();
  const target = direction > 0 ? times.find((at) => at > ms + 60) : times.findLast((at) => at < ms - 1000);
  if (target !== undefined) goTo(target);
}
function changeSpeed(direction) {
  const index = SPEEDS.indexOf(clockVideo.playbackRate) + direction;
  clockVideo.playbackRate = SPEEDS[direction === 0 ? 2 : Math.max(0, Math.min(SPEEDS.length - 1, index))];
  $("speed").textContent = `${clockVideo.playbackRate}×`;
}
function changeSize(direction) {
  const sizes = ["", "large", "larger"];
  const at = sizes.indexOf(document.documentElement.className);
  document.documentElement.className = sizes[direction ? Math.max(0, Math.min(2, at + direction)) : (at + 1) % 3];
  bringIn($("said-list"), following ? nowSaid : null);
}
function changeLanguage() { language = language === "zh" ? "en" : "zh"; build(); }
function openTab(name) {
  for (const each of TABS) {
    $(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    $(`tab-${each}`).tabIndex = each === name ? 0 : -1;
    $(each).hidden = each !== name;
  }
  bringIn($("lines"), highlighted);
  if (following) bringIn($("said-list"), nowSaid);
}
const KEYS = {
  " ": () => toggle(), k: () => toggle(),
  ArrowLeft: (e) => goTo(nowMs() - (e.shiftKey ? 30000 : 5000)), ArrowRight: (e) => goTo(nowMs() + (e.shiftKey ? 30000 : 5000)),
  ArrowUp: () => step(-1), ArrowDown: () => step(1), ",": () => stepWord(-1), ".": () => stepWord(1), "[": () => changeSpeed(-1), "]": () => changeSpeed(1),
  "/": () => $("search").focus(), v: () => nextView(), c: () => toggleCaptions(), m: () => mute(), f: () => fullScreen(),
  "+": () => changeSize(1), "=": () => changeSize(1), "-": () => changeSize(-1), l: () => changeLanguage(), "?": () => $("keys").showModal(),
  ...Object.fromEntries(TABS.map((name, index) => [String(index + 1), () => openTab(name)])),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("keys").open) return;
  const field = event.target.matches("input");
  if (field && (event.target.type !== "range" || event.key.startsWith("Arrow"))) return;
  if (event.target.matches("button, a") && (event.key === " " || event.key === "Enter")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(event); }
});
$("tabs").addEventListener("keydown", (event) => {
  const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!move) return;
  event.preventDefault();
  event.stopPropagation();
  const at = TABS.findIndex((name) => $(`tab-${name}`) === document.activeElement);
  const next = TABS[(at + move + TABS.length) % TABS.length];
  openTab(next);
  $(`tab-${next}`).focus();
});
for (const id of ["lines", "exhibit-list"]) {
  $(id).addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) goTo(Number(button.dataset.ms));
  });
}
const stripMs = (event) => {
  const box = $("strip").getBoundingClientRect();
  return (facts.duration_ms * (event.clientX - box.left)) / box.width;
};
$("strip").addEventListener("pointerdown", (event) => {
  $("strip").setPointerCapture(event.pointerId);
  goTo(stripMs(event));
});
$("strip").addEventListener("pointermove", (event) => {
  if ($("strip").hasPointerCapture(event.pointerId)) goTo(stripMs(event));
});
for (const name of TABS) $(`tab-${name}`).addEventListener("click", () => openTab(name));
$("play").addEventListener("click", toggle);
$("frame").addEventListener("click", toggle);
$("back").addEventListener("click", () => goTo(nowMs() - 10000));
$("ahead").addEventListener("click", () => goTo(nowMs() + 10000));
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("speed").addEventListener("click", () => changeSpeed(clockVideo.playbackRate >= 3 ? 0 : 1));
$("mute").addEventListener("click", mute);
$("volume").addEventListener("input", () => { clockVideo.volume = Number($("volume").value); keepStep(); });
$("captions").addEventListener("click", toggleCaptions);
$("full").addEventListener("click", fullScreen);
$("alone").addEventListener("click", toggleAlone);
$("size").addEventListener("click", () => changeSize(0));
$("language").addEventListener("click", changeLanguage);
$("help").addEventListener("click", () => $("keys").showModal());
for (const name of ["timeupdate", "seeked", "loadedmetadata"]) clockVideo.addEventListener(name, showTime);
for (const name of ["play", "pause", "ended"]) clockVideo.addEventListener(name, showPlaying);
// "timeupdate" comes four times a second: too seldom for words.
(function everyFrame() {
  if (!clockVideo.paused) showSaid();
  requestAnimationFrame(everyFrame);
})();
startSaid();
startProof();
startPicture();
openTab(spoken.length > 0 ? "said" : "course");
build();
// A hit of the court's search names the moment: index.html#t=61500.
const goToHash = () => {
  const asked = /^#t=(\d{1,15})$/.exec(location.hash);
  if (asked) seek(Number(asked[1]));
};
addEventListener("hashchange", goToHash);
goToHash();
