import { defineConfig } from "vitest/config";

const conditions = ["@soloist/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Nothing here asserts times; a machine that is busy may take ten times as long as one that is not.
  test: { include: ["test/**/*.test.ts"], typecheck: { enabled: false }, testTimeout: 180_000, hookTimeout: 180_000 },
});
