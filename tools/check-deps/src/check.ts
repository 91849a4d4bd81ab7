import { isBuiltin } from "node:module";
import { cyclesOf } from "./cycles.ts";
import { findImports, type Import } from "./imports.ts";
import { checkLockFile } from "./lock-file.ts";
import { guestLibraries, nativeModules, rules, testsSee } from "./rules.ts";

/** Something that the rules forbid, and where. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

interface Package {
  readonly folder: string;
  readonly name: string;
  readonly exports: ReadonlySet<string>;
  /** Names that `src` may import. */
  readonly dependencies: ReadonlySet<string>;
  /** Names that only tests and configuration may import. */
  readonly devDependencies: ReadonlySet<string>;
}

interface Workspace {
  readonly files: ReadonlyMap<string, string>;
  readonly byName: ReadonlyMap<string, Package>;
  readonly rootDevDependencies: ReadonlySet<string>;
}

/** Checks a repository given as its files by path (see `readFiles`). Pure. */
export function check(files: ReadonlyMap<string, string>): Violation[] {
  const packages = readPackages(files);
  const root = JSON.parse(files.get("package.json") ?? "{}") as Manifest;
  const workspace: Workspace = {
    files,
    byName: new Map(packages.map((pkg) => [pkg.name, pkg])),
    rootDevDependencies: new Set(Object.keys({ ...root.dependencies, ...root.devDependencies })),
  };
  const violations: Violation[] = [];
  for (const pkg of packages) checkPackage(pkg, workspace, violations);
  checkPackageCycles(packages, workspace, violations);
  for (const module of Object.keys(nativeModules)) checkNativeModule(module, files, violations);
  for (const [path, text] of files) {
    if (path.endsWith("package-lock.json")) violations.push(...checkLockFile(path, text));
  }
  return violations;
}

interface Manifest {
  name?: string;
  exports?: Record<string, unknown> | string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

function readPackages(files: ReadonlyMap<string, string>): Package[] {
  const packages: Package[] = [];
  for (const [path, text] of files) {
    const folder = /^((?:packages|apps|tools)\/[^/]+)\/package\.json$/.exec(path)?.[1];
    if (folder === undefined) continue;
    const manifest = JSON.parse(text) as Manifest;
    const exported = typeof manifest.exports === "object" ? Object.entries(manifest.exports) : [["."] as const];
    packages.push({
      folder,
      name: manifest.name ?? folder,
      exports: new Set(exported.filter(([, target]) => target !== null).map(([key]) => key)),
      dependencies: new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })),
      devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})),
    });
  }
  return packages;
}

const isOrBelow = (specifier: string, module: string) => specifier === module || specifier.startsWith(`${module}/`);
const isNative = (specifier: string) => Object.keys(nativeModules).some((module) => isOrBelow(specifier, module));

const matches = (folder: string, patterns: readonly string[]) =>
  patterns.some((pattern) => (pattern.endsWith("/*") ? folder.startsWith(pattern.slice(0, -1)) : folder === pattern));

/** `import assets from "crunch:../public"` */
const FOLDER_SCHEME = "crunch:";

function ruleOf(folder: string) {
  return rules[folder] ?? rules[`${folder.split("/")[0]}/*`];
}

function checkPackage(pkg: Package, workspace: Workspace, violations: Violation[]): void {
  const manifestPath = `${pkg.folder}/package.json`;
  const rule = ruleOf(pkg.folder);
  if (rule === undefined) {
    violations.push({
      path: manifestPath,
      line: 1,
      message: `${pkg.folder} has no rule: say in tools/check-deps what it may see`,
    });
    return;
  }
  const forbidden = (names: ReadonlySet<string>, patterns: readonly string[]) =>
    [...names].filter((name) => {
      const target = workspace.byName.get(name);
      return target !== undefined && !matches(target.folder, patterns);
    });
  for (const name of forbidden(pkg.dependencies, rule.sees)) {
    violations.push({ path: manifestPath, line: 1, message: `${pkg.folder} must not depend on ${name}` });
  }
  for (const name of forbidden(pkg.devDependencies, [...rule.sees, ...testsSee])) {
    violations.push({ path: manifestPath, line: 1, message: `the tests of ${pkg.folder} must not depend on ${name}` });
  }
  if (rule.guest) {
    for (const name of pkg.dependencies) {
      if (!workspace.byName.has(name) && !guestLibraries.includes(name)) {
        violations.push({
          path: manifestPath,
          line: 1,
          message: `${name} would end up in images: not among the guest libraries`,
        });
      }
    }
  }

  const edges = new Map<string, { to: string; line: number }[]>();
  for (const [path, text] of workspace.files) {
    if (!path.startsWith(`${pkg.folder}/`) || path.endsWith(".json")) continue;
    const inSource = path.startsWith(`${pkg.folder}/src/`);
    const imports = findImports(text);
    for (const one of imports) {
      const message = inSource ? judge(pkg, rule, path, one, workspace) : judgeTest(pkg, rule, path, one, workspace);
      if (message !== undefined) violations.push({ path, line: one.line, message });
    }
    if (inSource) {
      edges.set(
        path,
        imports.flatMap((one) => {
          const to = one.typeOnly ? undefined : resolveRelative(path, one.specifier, workspace.files);
          return to === undefined ? [] : [{ to, line: one.line }];
        }),
      );
    }
  }
  for (const cycle of cyclesOf(edges)) {
    violations.push({
      path: cycle.path,
      line: cycle.line,
      message: `files import each other: ${cycle.members.join(" -> ")}`,
    });
  }
}

/** Why a source file must not have this import; undefined when it may. */
function judge(
  pkg: Package,
  rule: (typeof rules)[string],
  path: string,
  one: Import,
  workspace: Workspace,
): string | undefined {
  const { specifier } = one;
  if (/^[./]/.test(specifier)) return judgePath(pkg, path, specifier);
  if (isNative(specifier)) return undefined; // judged over all files
  if (specifier.startsWith(FOLDER_SCHEME)) return judgeFolder(pkg, path, specifier.slice(FOLDER_SCHEME.length));
  if (isBuiltin(specifier)) return rule.guest ? `${specifier} does not exist in an image` : undefined;
  const { name, subpath } = splitSpecifier(specifier);
  const target = workspace.byName.get(name);
  if (target === pkg) return undefined;
  if (target !== undefined) {
    if (!matches(target.folder, rule.sees)) return `${pkg.folder} must not import ${name}`;
    if (!isExported(target, subpath)) return `${specifier} is not among the exports of ${name}`;
  }
  if (pkg.dependencies.has(name)) return undefined;
  // Types alone leave no trace in what is published.
  if (one.typeOnly && (pkg.devDependencies.has(name) || workspace.rootDevDependencies.has(name))) return undefined;
  return `${name} is not in the dependencies of ${pkg.folder}`;
}

function judgeTest(
  pkg: Package,
  rule: (typeof rules)[string],
  path: string,
  one: Import,
  workspace: Workspace,
): string | undefined {
  const { specifier } = one;
  if (/^[./]/.test(specifier)) return judgePath(pkg, path, specifier);
  if (isNative(specifier) || isBuiltin(specifier)) return undefined;
  if (specifier.startsWith(FOLDER_SCHEME)) return judgeFolder(pkg, path, specifier.slice(FOLDER_SCHEME.length));
  const { name, subpath } = splitSpecifier(specifier);
  const target = workspace.byName.get(name);
  if (target === pkg) return undefined;
  if (target !== undefined) {
    if (!matches(target.folder, [...rule.sees, ...testsSee]))
      return `the tests of ${pkg.folder} must not import ${name}`;
    if (!isExported(target, subpath)) return `${specifier} is not among the exports of ${name}`;
  }
  const declared =
    pkg.dependencies.has(name) || pkg.devDependencies.has(name) || workspace.rootDevDependencies.has(name);
  return declared ? undefined : `${name} is not in the dependencies of ${pkg.folder}`;
}

function judgePath(pkg: Package, path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return `${specifier} is a path of one machine`;
  const to = resolve(path, specifier);
  return to.startsWith(`${pkg.folder}/`) ? undefined : `${specifier} reaches into another package: import it by name`;
}

/** A folder that becomes a module: of the same package, whose types come from crunch. */
function judgeFolder(pkg: Package, path: string, folder: string): string | undefined {
  if (!pkg.dependencies.has("@soloist/crunch") && !pkg.devDependencies.has("@soloist/crunch")) {
    return `@soloist/crunch is not in the dependencies of ${pkg.folder}`;
  }
  return judgePath(pkg, path, folder);
}

function splitSpecifier(specifier: string): { name: string; subpath: string } {
  const [, name, rest] = /^(@[^/]+\/[^/]+|[^/]+)(.*)$/.exec(specifier)!;
  return { name: name!, subpath: `.${rest}` };
}

function isExported(target: Package, subpath: string): boolean {
  return [...target.exports].some((key) => {
    if (!key.includes("*")) return key === subpath;
    const [head, tail] = key.split("*") as [string, string];
    return subpath.startsWith(head) && subpath.endsWith(tail);
  });
}

function resolve(path: string, specifier: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function resolveRelative(path: string, specifier: string, files: ReadonlyMap<string, string>): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const to = resolve(path, specifier);
  return files.has(to) ? to : undefined;
}

function checkPackageCycles(packages: readonly Package[], workspace: Workspace, violations: Violation[]): void {
  const edges = new Map<string, { to: string; line: number }[]>();
  for (const pkg of packages) {
    const targets = [...pkg.dependencies].filter((name) => workspace.byName.has(name));
    edges.set(
      pkg.name,
      targets.map((to) => ({ to, line: 1 })),
    );
  }
  for (const cycle of cyclesOf(edges)) {
    const path = `${workspace.byName.get(cycle.path)!.folder}/package.json`;
    violations.push({ path, line: 1, message: `packages depend on each other: ${cycle.members.join(" -> ")}` });
  }
}

/** Sources of one package, and only so many of them, import a native module; tests and declarations do not count. */
function checkNativeModule(module: string, files: ReadonlyMap<string, string>, violations: Violation[]): void {
  const { folder, files: most } = nativeModules[module]!;
  const importers: string[] = [];
  for (const [path, text] of files) {
    if (!/^(?:packages|apps|tools)\/[^/]+\/src\//.test(path) || path.endsWith(".d.ts")) continue;
    const found = findImports(text).find((one) => isOrBelow(one.specifier, module) && !one.typeOnly);
    if (found === undefined) continue;
    if (!path.startsWith(`${folder}/`)) {
      violations.push({ path, line: found.line, message: `only ${folder} imports ${module}` });
    } else if (importers.push(path) > most) {
      violations.push({
        path,
        line: found.line,
        message: `${importers[0]} imports ${module} already: one file does`,
      });
    }
  }
}
