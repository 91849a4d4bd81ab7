import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@soloist/source", "module", "node", "development|production"] } },
  // A machine that is busy may take ten times as long as one that is not.
  test: { include: ["test/**/*.test.ts"], testTimeout: 300_000 },
});
