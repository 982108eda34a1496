// Finding words in texts: the reader types a few characters, and every place where they stand is marked.
// Letter by letter, so that places in the folded text are places in the text itself.
const fold = (text) => Array.from({ length: text.length }, (_, at) => {
  const letter = text[at].normalize("NFKC").toLowerCase();
  return letter.length === 1 ? letter : text[at];
}).join("");

// What was typed, as words that all have to be there.
const wantedWords = (typed) => fold(typed).split(/\s+/).filter(Boolean);

// [[from, to], …] of every place in `folded` where one of the words stands, in order, none over another.
function places(folded, words) {
  const found = [];
  for (const word of words) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) found.push([at, at + word.length]);
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  return found.filter(([from], index) => index === 0 || found.slice(0, index).every(([, to]) => to <= from));
}

// The text from `start` on as nodes, with what lies in `marks` (places in the whole) marked.
function markedText(text, start, marks) {
  const nodes = [];
  let at = 0;
  for (const [from, to] of marks) {
    const a = Math.max(from - start, at);
    const b = Math.min(to - start, text.length);
    if (b <= a) continue;
    nodes.push(text.slice(at, a), element("mark", {}, text.slice(a, b)));
    at = b;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}
