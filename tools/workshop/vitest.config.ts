import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "forks", testTimeout: 600_000, hookTimeout: 120_000 },
});
