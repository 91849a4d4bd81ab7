import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readApp } from "../../src/app/app.ts";
import { findPackage } from "../../src/base.ts";
import { createDevBundler } from "../../src/dev/dev-bundle.ts";

it("libraries in CommonJS keep their require and module, and find Node's modules in @soloist/node", async () => {
  const folder = mkdtempSync(join(tmpdir(), "soloist-dev-test-"));
  try {
    mkdirSync(join(folder, "node_modules/@soloist"), { recursive: true });
    for (const name of ["@soloist/runtime", "@soloist/interface", "@soloist/net", "@soloist/node"]) {
      symlinkSync(findPackage(name)!, join(folder, "node_modules", name));
    }
    mkdirSync(join(folder, "node_modules/library"));
    writeFileSync(join(folder, "node_modules/library/package.json"), '{"name":"library","main":"index.js"}');
    const library =
      'const path = require("path");\nmodule.exports = { told: path.join("a", "b") + typeof global.Buffer };\n';
    writeFileSync(join(folder, "node_modules/library/index.js"), library);
    const manifest = '{"name":"app","type":"module","dependencies":{"@soloist/runtime":"*","@soloist/node":"*"}}';
    writeFileSync(join(folder, "package.json"), manifest);
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "src/main.ts"), 'import { told } from "library";\nconsole.log(told);\n');
    const options = { app: readApp(folder), stack: "host", color: false, progress: () => {} } as const;
    await using bundler = await createDevBundler(options as never);
    const { file } = await bundler.bundle();
    const code = readFileSync(file, "utf8");
    expect(code).not.toContain("a_unikernel_has_no_require");
    expect(code).not.toContain("a_unikernel_has_no_module");
    const alone = code.slice(code.indexOf("// node_modules/library/index.js"));
    expect(alone).toContain("module.exports = { told: path.join");
    expect(execFileSync(process.execPath, ["--check", file]).length).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
