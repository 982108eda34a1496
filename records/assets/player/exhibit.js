// Exhibits: beside the picture while the room saw them, and in the list with who submitted them and what was said.
let shownExhibit = null;
function exhibitDetail(one) {
  const parts = [one.submitter, one.source, one.purpose, language === "zh" ? one.state_zh : one.state_en, ...one.opinions].filter(Boolean);
  return element("div", { class: "detail" }, element("small", {}, parts.join(" · ")), " ",
    element("a", { href: address(one.path), target: "_blank" }, t("openFile")));
}
function showExhibit(ms) {
  const shows = (facts.exhibits ?? []).flatMap((each) => each.shown.map(([from, to, page]) => ({ each, from, to, page })));
  const now = shows.find(({ from, to }) => from <= ms && ms < to) ?? null;
  if (now?.each === shownExhibit?.each && now?.page === shownExhibit?.page) return;
  shownExhibit = now;
  const one = now?.each;
  $("exhibit-shown").hidden = !one;
  if (!one) return $("exhibit-file").replaceChildren();
  const title = `证据${one.number} ${one.name}` + (now.page > 1 ? ` ${t("page")(now.page)}` : "");
  $("exhibit-title").replaceChildren(element("b", {}, title), " ", element("a", { href: address(one.path), target: "_blank" }, t("openFile")));
  const src = address(one.path);
  const view = { pdf: () => element("iframe", { src: `${src}#page=${now.page}`, title }), mp4: () => element("video", { src, controls: true, "aria-label": title }), wav: () => element("audio", { src, controls: true, "aria-label": title }) };
  $("exhibit-file").replaceChildren((view[one.kind] ?? (() => element("img", { src, alt: title })))());
}
