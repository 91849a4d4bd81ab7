import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    alias: { "native:platform": fileURLToPath(new URL("./test/fake-platform.ts", import.meta.url)) },
  },
  ssr: { resolve: { conditions: ["@soloist/source", "module", "node", "development|production"] } },
  test: { include: ["test/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 180_000 },
});
