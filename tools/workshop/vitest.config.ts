import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "forks", testTimeout: 1_800_000, hookTimeout: 600_000 },
});
