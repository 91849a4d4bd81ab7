import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@soloist/source", "module", "node", "development|production"] } },
  // Properties of thousands of cases in a process of their own, on machines that do other things too.
  test: { include: ["test/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000 },
});
