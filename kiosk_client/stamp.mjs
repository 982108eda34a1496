// Writes dist/source.sha256 over everything the pages are built from; a Python test recomputes it without Node.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOTS = ["pages", "src", "public"];
const FILES = ["package-lock.json", "package.json", "stamp.mjs", "tsconfig.json", "vite.config.ts"];

function* walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* walk(path);
    else if (!/\.test\.tsx?$/.test(name)) yield path.split("\\").join("/");
  }
}

const present = ROOTS.filter((root) => statSync(root, { throwIfNoEntry: false }));
const sources = [...FILES, ...present.flatMap((root) => [...walk(root)])].sort();
const hash = createHash("sha256");
for (const path of sources) {
  const content = createHash("sha256").update(readFileSync(path)).digest("hex");
  hash.update(`${path}\0${content}\n`);
}
writeFileSync("dist/source.sha256", `${hash.digest("hex")}\n`);
