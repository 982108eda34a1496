import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    // Whatever waits longer hangs; a busy machine takes some seconds to compile the hashes.
    testTimeout: 20_000,
  },
});
