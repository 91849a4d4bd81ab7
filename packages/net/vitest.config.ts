import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@soloist/source", "module", "node", "development|production"] } },
  // Nothing here asserts times; a machine that is busy may take ten times as long as one that is not.
  test: { include: ["test/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000 },
});
