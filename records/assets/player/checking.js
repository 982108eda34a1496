// Whether the files of a package, which the reader picked, are those that the court signed. The page cannot open them
// by itself: pages from a folder read no files.
const PIECE_BYTES = 4 << 20;
const AT_ONCE_BYTES = 64 << 20; // up to here the browser's own SHA-512, which is quicker and takes the whole file
const TAG_MANIFESTS = ["tagmanifest-sha512.txt", "tagmanifest-sm3.txt"];
const SIGNATURE = "signature/manifest.ed25519.sig";
const COURT_KEY = "signature/court-key.pem";
const STATEMENT = /^(Yunting-Package-Signature: 1\nKey: ([0-9a-f]{64})\ntagmanifest-sha512\.txt: ([0-9a-f]{128})\ntagmanifest-sm3\.txt: ([0-9a-f]{128})\n)Signature: ([0-9a-f]{128})\n$/;
const KEY_PREFIX = "302a300506032b6570032100";

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

// {path in the package: File} of what was picked, or null where there is no package in it.
function packageFiles(picked) {
  const files = [...picked].map((file) => [(file.webkitRelativePath || file.name).normalize("NFC"), file]);
  const roots = files.map(([path]) => path).filter((path) => path === "bagit.txt" || path.endsWith("/bagit.txt"));
  if (roots.length === 0) return null;
  const root = roots.reduce((shortest, path) => (path.length < shortest.length ? path : shortest)).slice(0, -"bagit.txt".length);
  return new Map(files.filter(([path]) => path.startsWith(root)).map(([path, file]) => [path.slice(root.length), file]));
}

// {path: digest} of a BagIt manifest, or null.
function readManifest(text) {
  const listed = new Map();
  if (!text.endsWith("\n")) return null;
  for (const line of text.slice(0, -1).split("\n")) {
    const match = /^([0-9a-f]{128})  ([^\r\n]+)$/.exec(line);
    const path = match?.[2].normalize("NFC");
    if (!match || listed.has(path)) return null;
    listed.set(path, match[1]);
  }
  return listed;
}

async function sha512Of(file, onBytes, stopped) {
  if (file.size <= AT_ONCE_BYTES && crypto.subtle) {
    const digest = await crypto.subtle.digest("SHA-512", await file.arrayBuffer());
    onBytes(file.size);
    return hexOf(new Uint8Array(digest));
  }
  const hash = new Sha512();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    if (stopped()) return "";
    const piece = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
    hash.update(piece);
    onBytes(piece.length);
  }
  return hash.hex();
}

// The raw key of a SubjectPublicKeyInfo (RFC 8410), or null.
function keyOf(pem) {
  const match = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]{1,200})\n-----END PUBLIC KEY-----\n$/.exec(pem);
  const hex = match ? hexOf(Uint8Array.from(atob(match[1].replaceAll("\n", "")), (c) => c.charCodeAt(0))) : "";
  return hex.startsWith(KEY_PREFIX) && hex.length === KEY_PREFIX.length + 64 ? bytesOf(hex.slice(KEY_PREFIX.length)) : null;
}

// True, false, or null where this browser cannot tell.
async function signedBy(key, signature, signed) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, signed);
  } catch {
    return null;
  }
}

// One run over {path: File}. Answers {wrong: [[path, code]], signature, key, files, bytes, stopped}; `signature` is null
// where it could not be checked, `key` the fingerprint of the package's key. `tell(done, all)` counts bytes.
async function checkPackage(files, wantedKey, tell, stopped) {
  const answer = { wrong: [], signature: null, key: null, files: 0, bytes: 0, stopped: false };
  const named = new Set();
  const blame = (path, code) => {
    if (!named.has(path)) answer.wrong.push([path, code]);
    named.add(path);
  };
  const all = [...files.values()].reduce((sum, file) => sum + file.size, 0);
  const onBytes = (bytes) => {
    answer.bytes += bytes;
    tell(answer.bytes, all);
  };
  const textOf = async (path) => {
    const file = files.get(path);
    if (!file) blame(path, "missing");
    return file ? await file.text() : "";
  };
  const compare = async (path, digest) => {
    const file = files.get(path);
    if (!file) return blame(path, "missing");
    try {
      if ((await sha512Of(file, onBytes, stopped)) !== digest && !stopped()) blame(path, "altered");
      answer.files += 1;
    } catch {
      blame(path, "unreadable");
    }
  };

  const key = keyOf(await textOf(COURT_KEY));
  const statement = STATEMENT.exec(await textOf(SIGNATURE));
  if (key && crypto.subtle) {
    answer.key = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", key)));
    if (wantedKey && wantedKey !== answer.key) blame(COURT_KEY, "key");
  }
  if (!key || !statement || (answer.key && statement[2] !== answer.key)) answer.signature = false;
  else answer.signature = await signedBy(key, bytesOf(statement[5]), new TextEncoder().encode(statement[1]));
  if (answer.signature === false) blame(SIGNATURE, "signature");
  for (const [at, path] of TAG_MANIFESTS.entries()) {
    const file = files.get(path);
    if (!file) blame(path, "missing");
    else if (statement && (await sha512Of(file, onBytes, stopped)) !== statement[3 + at]) blame(path, "signed");
  }

  const tags = readManifest(await textOf(TAG_MANIFESTS[0]));
  const payload = readManifest(await textOf("manifest-sha512.txt"));
  if (!tags) blame(TAG_MANIFESTS[0], "manifest");
  if (!payload) blame("manifest-sha512.txt", "manifest");
  if ((await textOf("bagit.txt")) !== "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n") blame("bagit.txt", "version");
  const own = new Set([...TAG_MANIFESTS, SIGNATURE]);
  for (const path of files.keys()) {
    const listed = path.startsWith("data/") ? payload?.has(path) : tags?.has(path) || own.has(path);
    if (!listed) blame(path, "added");
  }
  // Small files first: what is wrong with them shows at once.
  const due = [...(tags ?? []), ...(payload ?? [])].sort(([a], [b]) => (files.get(a)?.size ?? 0) - (files.get(b)?.size ?? 0));
  for (const [path, digest] of due) {
    if (stopped()) break;
    await compare(path, digest);
  }
  answer.stopped = stopped();
  return answer;
}
