import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

const pages = readdirSync("pages").filter((name) => name.endsWith(".html"));

export default defineConfig({
  base: "/",
  appType: "mpa",
  // The server's policy forbids inline scripts and styles, so nothing may be inlined and no polyfill is injected.
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: ["chrome92", "safari15.4", "firefox100"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: { input: pages.map((name) => `pages/${name}`) },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
