// The picture: the composite (or the merged sound) keeps the time; a seat's own track lies over it, held in step.
const OUT_OF_STEP_S = 0.12;
const clockVideo = $("video");
const seatVideo = $("seat");
let view = "composite"; // "composite", "sound", or a participant

const nowMs = () => Math.round(clockVideo.currentTime * 1000);
const hasPicture = (track) => track.codecs.some((codec) => codec !== "opus");
const viewTracks = (who) => facts.tracks.filter((track) => track.participant === who);
const views = () => [...(facts.composite ? ["composite"] : []), ...new Set(facts.tracks.map((track) => track.participant)), "sound"];

function seek(ms) {
  clockVideo.currentTime = Math.max(0, Math.min(facts.duration_ms, ms)) / 1000;
  keepStep();
  showTime();
}
function toggle() {
  if (clockVideo.paused) clockVideo.play().catch(() => {});
  else clockVideo.pause();
}
function show(which) {
  view = which;
  for (const button of $("views").querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  const seat = view !== "composite" && view !== "sound";
  $("alone").hidden = !seat;
  if (!seat) {
    seatVideo.pause();
    seatVideo.removeAttribute("src");
    seatVideo.load();
  }
  keepStep();
}
// Which track of the seat covers the moment, and that it shows the same moment as the clock.
function keepStep() {
  const seat = view !== "composite" && view !== "sound";
  const ms = nowMs();
  const track = seat ? viewTracks(view).find((one) => one.from_ms <= ms && ms < one.to_ms) : undefined;
  $("frame").dataset.view = seat ? "seat" : view;
  seatVideo.hidden = !track || !hasPicture(track);
  const note = view === "sound" || !facts.composite && !seat ? "soundOnly" : seat && seatVideo.dataset.broken ? "seatBroken" : seat && seatVideo.hidden ? "absent" : "";
  $("absent").hidden = note === "";
  $("absent").textContent = note && t(note);
  const alone = seat && $("alone").getAttribute("aria-pressed") === "true";
  clockVideo.muted = silent || alone;
  seatVideo.muted = silent || !alone;
  seatVideo.volume = clockVideo.volume;
  if (!track) return seatVideo.pause();
  const source = address(track.path);
  if (seatVideo.getAttribute("src") !== source) {
    delete seatVideo.dataset.broken;
    seatVideo.src = source;
  }
  seatVideo.playbackRate = clockVideo.playbackRate;
  if (Math.abs(seatVideo.currentTime - clockVideo.currentTime) > OUT_OF_STEP_S && !seatVideo.seeking) seatVideo.currentTime = clockVideo.currentTime;
  if (clockVideo.paused !== seatVideo.paused) {
    if (clockVideo.paused) seatVideo.pause();
    else seatVideo.play().catch(() => {});
  }
}
let silent = false;
function mute() {
  silent = !silent;
  keepStep();
  showSound();
}
function showSound() {
  $("mute").setAttribute("aria-pressed", String(silent));
  $("mute").textContent = t(silent ? "unmute" : "mute");
}
function buildViews() {
  const name = (which) => (which === "composite" || which === "sound" ? t(which) : personName(person(which)) || viewTracks(which)[0].seat);
  const buttons = views().map((which) => {
    const button = element("button", { type: "button", "data-view": which, "aria-pressed": String(which === view) }, name(which));
    button.addEventListener("click", () => show(which));
    return button;
  });
  $("view-list").replaceChildren(...buttons);
}
function nextView() {
  const all = views();
  show(all[(all.indexOf(view) + 1) % all.length]);
}
function toggleAlone() {
  $("alone").setAttribute("aria-pressed", String($("alone").getAttribute("aria-pressed") !== "true"));
  keepStep();
}
function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else $("frame").requestFullscreen?.().catch(() => {});
}
function startPicture() {
  const mix = address(facts.mix);
  clockVideo.addEventListener("error", () => {
    const composite = clockVideo.getAttribute("src") !== mix;
    $("broken").textContent = t(composite ? "broken" : "allBroken");
    $("broken").hidden = false;
    if (!composite) return;
    const ms = nowMs();
    clockVideo.src = mix;
    seek(ms);
    show("sound");
  });
  seatVideo.addEventListener("error", () => {
    if (!seatVideo.hasAttribute("src")) return;
    seatVideo.dataset.broken = "yes";
    keepStep();
  });
  for (const name of ["timeupdate", "seeked", "play", "pause", "ratechange", "ended"]) clockVideo.addEventListener(name, keepStep);
  for (const name of ["loadedmetadata", "canplay"]) seatVideo.addEventListener(name, keepStep);
  clockVideo.src = facts.composite ? address(facts.composite) : mix;
  const [first] = views();
  show(first);
}
