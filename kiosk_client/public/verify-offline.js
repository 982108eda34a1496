// Keeps the page /verify, and nothing else, on this device, so that it opens again without a network. Registered by
// that page alone (src/features/verify/offline.ts) with its own address as the scope; not compiled, so plain JavaScript.
const SHELF = "yunting-verify";
const PAGE = "/verify";
/** What a built file names of the other built files: imports, styles, the worker. */
const NAMED = /["'`](?:\.\/|\/?assets\/)([\w.-]+\.(?:js|css|svg|woff2))["'`]/g;

/** The page and every file that it can come to need, by path. Rejects when one of them is not to be had. */
async function collect(page) {
  const found = new Map([[PAGE, page]]);
  const waiting = [page.clone()];
  for (let response = waiting.pop(); response; response = waiting.pop()) {
    const text = await response.text();
    for (const [, name] of text.matchAll(NAMED)) {
      const path = `/assets/${name}`;
      if (found.has(path)) continue;
      const asset = await fetch(path);
      if (!asset.ok) throw new Error(`${path}: ${asset.status}`);
      found.set(path, asset);
      if (/\.(?:js|css)$/.test(name)) waiting.push(asset.clone());
    }
  }
  return found;
}

/** The shelf holds this page's files and no older ones. */
async function keep(page) {
  const found = await collect(page);
  const shelf = await caches.open(SHELF);
  for (const [path, response] of found) await shelf.put(path, response);
  for (const request of await shelf.keys()) {
    if (!found.has(new URL(request.url).pathname)) await shelf.delete(request);
  }
}

async function kept(path) {
  return (await caches.open(SHELF)).match(path);
}

/** The newest page while there is a network. */
async function open(event) {
  try {
    const page = await fetch(event.request);
    if (page.ok) event.waitUntil(keep(page.clone()).catch(() => undefined));
    return page;
  } catch {
    return (await kept(PAGE)) ?? Response.error();
  }
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(PAGE, { cache: "reload" }).then(keep));
});
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (event.request.mode === "navigate") {
    if (pathname === PAGE) event.respondWith(open(event));
  } else if (pathname.startsWith("/assets/")) {
    // Their names change with their contents: what is kept is right.
    event.respondWith(kept(pathname).then((response) => response ?? fetch(event.request)));
  }
});
