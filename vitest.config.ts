import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Consoles of guests that tests run are kept here, not among those of the person who runs the tests. */
process.env.XDG_STATE_HOME = join(tmpdir(), `soloist-tests-${process.getuid?.() ?? 0}`);

/** Every package that has tests is a project, named as its folder: `vitest run --project net`. Apps are `app-NAME`. */
const projects = ["packages", "apps", "tools"].flatMap((group) =>
  readdirSync(group)
    .filter((name) => existsSync(`${group}/${name}/vitest.config.ts`))
    .map((name) => ({
      extends: `./${group}/${name}/vitest.config.ts`,
      root: `./${group}/${name}`,
      test: {
        name: group === "apps" ? `app-${name}` : name,
        // Vitest's own second is short where a machine does other things, too.
        expect: { poll: { timeout: 60_000 } },
      },
    })),
);

export default defineConfig({ test: { projects } });
