// The check of the whole package, and what to compare it with.
let checkState = null; // what the last check answered
let checking = false;
let stopAsked = false;

const fingerprintText = (hex) => (hex.match(/.{1,4}/g) ?? []).join(" ");
const size = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} kB`);

async function check(picked) {
  const files = packageFiles(picked);
  if (!files) {
    checkState = { notPackage: true };
    return showCheck();
  }
  checking = true;
  stopAsked = false;
  checkState = null;
  showCheck();
  const wanted = $("published").value.toLowerCase().replace(/[^0-9a-f]/g, "");
  const tell = (done, all) => {
    $("check-bar").max = Math.max(1, all);
    $("check-bar").value = done;
    $("check-done").textContent = t("left")(size(done), size(all));
  };
  checkState = { ...(await checkPackage(files, wanted, tell, () => stopAsked)), wanted };
  checking = false;
  showCheck();
}
function showCheck() {
  $("check-pick").hidden = checking;
  $("checking").hidden = !checking;
  $("verdict").hidden = !checkState;
  if (!checkState) return;
  const { notPackage, wrong = [], signature, key, files, bytes, stopped, wanted } = checkState;
  const good = !notPackage && !stopped && wrong.length === 0;
  const words = notPackage ? "notPackage" : wrong.length > 0 ? "altered" : stopped ? "stopped" : signature === null ? "unsigned" : wanted ? "whole" : "wholeNoKey";
  $("verdict").className = `verdict ${good && signature ? "verdict-good" : wrong.length > 0 || notPackage ? "verdict-bad" : ""}`;
  const listed = wrong.slice(0, 50).map(([path, code]) => element("li", {}, element("code", {}, path), ` ${t(`w_${code}`)}`));
  const children = [element("strong", {}, t(words))];
  if (files) children.push(element("small", {}, t("checked")(files, size(bytes))));
  if (listed.length > 0) children.push(element("ul", {}, ...listed));
  if (wrong.length > 50) children.push(element("small", {}, t("moreWrong")(wrong.length - 50)));
  if (key) children.push(element("code", {}, fingerprintText(key)));
  $("verdict").replaceChildren(...children);
}
function buildProof() {
  const item = (name, value) => [element("dt", {}, name), element("dd", {}, value)];
  const code = (hex) => element("code", {}, fingerprintText(hex));
  const rows = facts.heads.slice(-200).map((head) => element("tr", {}, element("td", {}, String(head.seq)),
    element("td", {}, wall(head.utc_ms)), element("td", {}, element("code", {}, head.hash.slice(0, 16) + "…"))));
  const holes = facts.coverage.unlisted.map(([track, from, to]) => `${track ?? ""} ${clock(from)}–${clock(to)}`).join("；");
  const link = (path, name) => element("a", { href: path }, name);
  $("proof-facts").replaceChildren(
    element("p", { class: "note" }, t("checkMore")),
    element("p", {}, element("code", {}, `python3 verify.py --key ${facts.key}`)),
    element("dl", {},
      ...item(t("fingerprint"), code(facts.key)),
      ...(facts.text ? item(t("minutesHash"), element("span", {}, code(facts.text.sha256), facts.text.draft ? element("em", {}, ` ${t("draft")}`) : "")) : []),
      ...(facts.text?.unheard.length ? item(t("unheard"), facts.text.unheard.map((one) => `${one.track} ${clock(one.from_ms)}–${clock(one.to_ms)}`).join("；")) : []),
      ...item(t("session"), element("code", {}, facts.session)),
      ...item(t("unlisted"), holes || t("none")),
      ...(facts.missing_characters.length ? item(t("missing"), facts.missing_characters.join(" ")) : []),
      ...item(t("made"), `${wall(facts.made_utc_ms)} · ${facts.made_by} · ${facts.software}`),
      ...item(t("files"), element("span", {}, link(address("reports/录音录像情况记录.html"), t("report")), " · ", link(address("events/events.csv"), t("log"))))),
    element("h3", {}, t("heads")),
    element("table", {}, element("tr", {}, element("th", {}, t("seq")), element("th", {}, t("when")), element("th", {}, t("hash"))), ...rows));
  showCheck();
}
function startProof() {
  $("folder").addEventListener("change", () => check($("folder").files));
  $("check-pick").addEventListener("click", () => {
    $("folder").value = "";
    $("folder").click();
  });
  $("check-stop").addEventListener("click", () => { stopAsked = true; });
}
