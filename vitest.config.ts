import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

/** Every package that has tests is a project, named as its folder: `vitest run --project net`. Apps are `app-NAME`. */
const projects = ["packages", "apps", "tools"].flatMap((group) =>
  readdirSync(group)
    .filter((name) => existsSync(`${group}/${name}/vitest.config.ts`))
    .map((name) => ({
      extends: `./${group}/${name}/vitest.config.ts`,
      root: `./${group}/${name}`,
      test: { name: group === "apps" ? `app-${name}` : name },
    })),
);

export default defineConfig({ test: { projects } });
