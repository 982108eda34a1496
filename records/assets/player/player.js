"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
const TEXT = {
  zh: {
    title: "庭审卷宗播放器", picture: "庭审画面", strip: "时间轴", recorded: "录音录像", pause: "依法中断", gap: "缺口",
    play: "播放", stop: "暂停", back: "−10秒", ahead: "+10秒", previous: "上一事项", next: "下一事项", speed: "播放速度",
    course: "庭审进程", tracks: "原始轨道", proof: "完整性", search: "搜索事项、姓名", size: "字号", help: "快捷键",
    keys: "键盘操作", close: "关闭", cause: "案由", opened: "开庭时间", duration: "时长", coverage: "录制覆盖率", parties: "出庭人员",
    court: "程序", people: "人员", order: "指令", speech: "发言", recording: "录制", system: "系统",
    download: "下载", tracksNote: "各席位的原始媒体，未经转码；时间戳即庭审时钟。可用支持 Matroska 的播放器打开。",
    mix: "混合音频", mixNote: "全部席位，AAC", gaps: "处缺口", fingerprint: "法院密钥指纹（与法院公布的核对）",
    proofNote: "本页面只展示，不作校验。请用从法院取得的 verify.py 运行：", heads: "签名的事件链头（当庭已发送给各方）", seq: "序号", when: "时间", hash: "哈希",
    session: "庭次编号", made: "制作", log: "事件日志", report: "录音录像情况记录", files: "文件",
    unlisted: "未列明的缺失", none: "无", missing: "字库缺字（画面中以〓代替）", broken: "无法播放合成画面，请直接打开 data/media/composite.mp4",
    keyPlay: "播放 / 暂停", keySeek: "后退 / 前进 5 秒（Shift：30 秒）", keyStep: "上一 / 下一事项", keySpeed: "减速 / 加速", keySize: "字号", keyLang: "中文 / English",
  },
  en: {
    title: "Hearing record player", picture: "Picture", strip: "Time line", recorded: "Recorded", pause: "Lawful break", gap: "Gap",
    play: "Play", stop: "Pause", back: "−10 s", ahead: "+10 s", previous: "Previous", next: "Next", speed: "Speed",
    course: "Course", tracks: "Tracks", proof: "Integrity", search: "Search events, names", size: "Type size", help: "Keys",
    keys: "Keyboard", close: "Close", cause: "Cause", opened: "Opened", duration: "Duration", coverage: "Coverage", parties: "Present",
    court: "Court", people: "People", order: "Orders", speech: "Speech", recording: "Recording", system: "System",
    download: "Download", tracksNote: "Original media of each seat, not re-encoded; time stamps are the session clock. Opens in any Matroska player.",
    mix: "Merged audio", mixNote: "all seats, AAC", gaps: "gaps", fingerprint: "Fingerprint of the court's key (compare with the published one)",
    proofNote: "This page shows, it does not verify. Run the verify.py that you got from the court:", heads: "Signed heads of the event chain (sent to every party during the hearing)", seq: "Seq", when: "Time", hash: "Hash",
    session: "Session", made: "Made", log: "Event log", report: "Statement about the recording", files: "Files",
    unlisted: "Unlisted holes", none: "none", missing: "Characters the font lacks (〓 in the picture)", broken: "The composite does not play here; open data/media/composite.mp4 directly",
    keyPlay: "Play / pause", keySeek: "5 s back / ahead (Shift: 30 s)", keyStep: "Previous / next event", keySpeed: "Slower / faster", keySize: "Type size", keyLang: "中文 / English",
  },
};
const KINDS = ["court", "people", "order", "speech", "recording", "system"];
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const $ = (id) => document.getElementById(id);
const video = $("video");
let language = "zh";
const shown = new Set(["court", "people", "order", "speech"]);

const pad = (n, width = 2) => String(n).padStart(width, "0");
const clock = (ms) => `${pad(Math.floor(ms / 3600000))}:${pad(Math.floor(ms / 60000) % 60)}:${pad(Math.floor(ms / 1000) % 60)}`;
const t = (key) => TEXT[language][key] ?? key;
function wall(ms) {
  const options = { timeZone: facts.time_zone, dateStyle: "medium", timeStyle: "medium", hour12: false };
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", options).format(ms);
}
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}
const nowMs = () => Math.round(video.currentTime * 1000);
function seek(ms) {
  video.currentTime = Math.max(0, Math.min(facts.duration_ms, ms)) / 1000;
  showTime();
}
const person = (id) => facts.seats.find((seat) => seat.participant === id);
const personName = (seat) => (seat ? `${language === "zh" ? seat.role_zh : seat.role_en} ${seat.name}` : "");

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
  for (const line of facts.lines) if (line.kind === "court") parts.push(part("mark", line.at_ms, line.at_ms, line.zh));
  $("strip").replaceChildren(...parts, element("i", { class: "needle", id: "needle" }));
  $("strip").setAttribute("aria-valuemax", Math.round(facts.duration_ms / 1000));
}
function visibleLines() {
  const wanted = $("search").value.trim().toLowerCase();
  return facts.lines.filter((line) =>
    shown.has(line.kind) && (!wanted || `${line.zh} ${line.en} ${line.actor}`.toLowerCase().includes(wanted)));
}
function buildLines() {
  $("lines").replaceChildren(...visibleLines().map((line) => {
    const button = element("button", { type: "button", "data-ms": line.at_ms }, element("time", {}, clock(line.at_ms)), element("span", {}, line[language]));
    return element("li", { class: line.kind, "data-ms": line.at_ms }, button);
  }));
  showTime();
}
function buildChips() {
  $("chips").replaceChildren(...KINDS.map((kind) => {
    const chip = element("button", { type: "button", "aria-pressed": String(shown.has(kind)) }, t(kind));
    chip.addEventListener("click", () => {
      if (!shown.delete(kind)) shown.add(kind);
      chip.setAttribute("aria-pressed", String(shown.has(kind)));
      buildLines();
    });
    return chip;
  }));
}
const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} kB`);
function buildTracks() {
  const card = (name, detail, path) => element("div", { class: "card" }, element("b", {}, name), element("small", {}, detail),
    element("a", { href: `../${path}`, download: true }, `${t("download")} ${path.split("/").pop()}`));
  const cards = facts.tracks.map((track) => card(
    personName(person(track.participant)) || track.seat,
    `${clock(track.from_ms)}–${clock(track.to_ms)} · ${track.codecs.join(" + ")} · ${size(track.bytes)} · ${track.gaps.length} ${t("gaps")}`,
    track.path));
  $("tracks").replaceChildren(element("p", { class: "note" }, t("tracksNote")), card(t("mix"), t("mixNote"), facts.mix), ...cards);
}
function buildProof() {
  const item = (name, value) => [element("dt", {}, name), element("dd", {}, value)];
  const rows = facts.heads.slice(-200).map((head) => element("tr", {}, element("td", {}, String(head.seq)),
    element("td", {}, wall(head.utc_ms)), element("td", {}, element("code", {}, head.hash.slice(0, 16) + "…"))));
  const holes = facts.coverage.unlisted.map(([track, from, to]) => `${track ?? ""} ${clock(from)}–${clock(to)}`).join("；");
  const link = (path, name) => element("a", { href: path }, name);
  $("proof").replaceChildren(
    element("p", { class: "note" }, t("proofNote")),
    element("p", {}, element("code", {}, `python3 verify.py --key ${facts.key}`)),
    element("dl", {},
      ...item(t("fingerprint"), element("code", {}, facts.key.match(/.{1,4}/g).join(" "))),
      ...item(t("session"), element("code", {}, facts.session)),
      ...item(t("unlisted"), holes || t("none")),
      ...(facts.missing_characters.length ? item(t("missing"), facts.missing_characters.join(" ")) : []),
      ...item(t("made"), `${wall(facts.made_utc_ms)} · ${facts.made_by} · ${facts.software}`),
      ...item(t("files"), element("span", {}, link("../reports/录音录像情况记录.html", t("report")), " · ", link("../events/events.csv", t("log"))))),
    element("h3", {}, t("heads")),
    element("table", {}, element("tr", {}, element("th", {}, t("seq")), element("th", {}, t("when")), element("th", {}, t("hash"))), ...rows));
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
  $("court").textContent = facts.court;
  $("case-no").textContent = facts.case_no;
  $("hearing-no").textContent = facts.hearing_no;
  const keys = [["Space", "keyPlay"], ["← →", "keySeek"], ["↑ ↓", "keyStep"], ["[ ]", "keySpeed"], ["+ −", "keySize"], ["L", "keyLang"]];
  $("key-list").replaceChildren(...keys.flatMap(([key, text]) => [element("dt", {}, element("code", {}, key)), element("dd", {}, t(text))]));
  buildChips(); buildStrip(); buildTracks(); buildProof(); buildFacts(); buildLines(); showPlaying();
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
  let current = null;
  for (const item of $("lines").children) if (Number(item.dataset.ms) <= ms + 50) current = item;
  if (current === highlighted) return;
  highlighted?.classList.remove("now");
  current?.classList.add("now");
  highlighted = current;
  if (current) $("lines").scrollTop = current.offsetTop - $("lines").offsetTop - $("lines").clientHeight / 3;
}
function showPlaying() { $("play").textContent = video.paused ? `▶ ${t("play")}` : `❚❚ ${t("stop")}`; }
function toggle() { if (video.paused) video.play().catch(() => {}); else video.pause(); }
function step(direction) {
  const times = visibleLines().map((line) => line.at_ms);
  const ms = nowMs();
  const target = direction > 0 ? times.find((at) => at > ms + 60) : times.findLast((at) => at < ms - 1000);
  if (target !== undefined) seek(target);
}
function changeSpeed(direction) {
  const index = SPEEDS.indexOf(video.playbackRate) + direction;
  video.playbackRate = SPEEDS[direction === 0 ? 2 : Math.max(0, Math.min(SPEEDS.length - 1, index))];
  $("speed").textContent = `${video.playbackRate}×`;
}
function changeSize(direction) {
  const sizes = ["", "large", "larger"];
  const at = sizes.indexOf(document.documentElement.className);
  document.documentElement.className = sizes[direction ? Math.max(0, Math.min(2, at + direction)) : (at + 1) % 3];
}
function changeLanguage() { language = language === "zh" ? "en" : "zh"; build(); }
function openTab(tab) {
  for (const other of document.querySelectorAll("[role=tab]")) {
    other.setAttribute("aria-selected", String(other === tab));
    $(other.getAttribute("aria-controls")).hidden = other !== tab;
  }
}
const KEYS = {
  " ": () => toggle(), k: () => toggle(),
  ArrowLeft: (e) => seek(nowMs() - (e.shiftKey ? 30000 : 5000)), ArrowRight: (e) => seek(nowMs() + (e.shiftKey ? 30000 : 5000)),
  ArrowUp: () => step(-1), ArrowDown: () => step(1), "[": () => changeSpeed(-1), "]": () => changeSpeed(1),
  "+": () => changeSize(1), "=": () => changeSize(1), "-": () => changeSize(-1), l: () => changeLanguage(), "?": () => $("keys").showModal(),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input") || $("keys").open) return;
  if (event.target.matches("button, a") && (event.key === " " || event.key === "Enter")) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(event); }
});
$("lines").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) seek(Number(button.dataset.ms));
});
$("strip").addEventListener("pointerdown", (event) => {
  const box = $("strip").getBoundingClientRect();
  seek((facts.duration_ms * (event.clientX - box.left)) / box.width);
});
$("search").addEventListener("input", buildLines);
for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => openTab(tab));
$("play").addEventListener("click", toggle);
$("back").addEventListener("click", () => seek(nowMs() - 10000));
$("ahead").addEventListener("click", () => seek(nowMs() + 10000));
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("speed").addEventListener("click", () => changeSpeed(video.playbackRate >= 3 ? 0 : 1));
$("size").addEventListener("click", () => changeSize(0));
$("language").addEventListener("click", changeLanguage);
$("help").addEventListener("click", () => $("keys").showModal());
for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, showTime);
for (const name of ["play", "pause", "ended"]) video.addEventListener(name, showPlaying);
video.addEventListener("error", () => { $("broken").textContent = t("broken"); $("broken").hidden = false; });
video.src = `../${facts.composite ?? facts.mix}`;
build();
// A hit of the court's search names the moment: index.html#t=61500.
const asked = /^#t=(\d{1,15})$/.exec(location.hash);
if (asked) seek(Number(asked[1]));
