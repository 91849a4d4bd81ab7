/** A registry on loopback that has this repository's packages as `npm publish` would put them there. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** The tarball of a package. */
  tarball(name: string): string;
  /** What is in the tarballs, by package. */
  readonly contents: ReadonlyMap<string, Contents>;
}

export interface Contents {
  readonly manifest: Manifest;
  /** File modes by path. */
  readonly files: ReadonlyMap<string, number>;
}

interface Packed {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly integrity: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

export interface Manifest {
  readonly name: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Packs `names` and what they depend on from `packagesFolder` into `folder`. They must be built. Other packages are sought at
 * `upstream`, or are not there.
 */
export async function startRegistry(
  packagesFolder: string,
  names: readonly string[],
  folder: string,
  upstream?: string,
): Promise<Registry> {
  const workspace = new Map<string, { path: string; manifest: Manifest }>();
  for (const entry of readdirSync(packagesFolder)) {
    const path = join(packagesFolder, entry);
    if (!existsSync(join(path, "package.json"))) continue;
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
    workspace.set(manifest.name, { path, manifest });
  }
  const sources = new Map<string, { path: string; manifest: Manifest }>();
  const add = (name: string) => {
    const source = workspace.get(name);
    if (!source || sources.has(name)) return;
    if (!existsSync(join(source.path, "dist"))) throw new Error(`${name} is not built: npx turbo run build`);
    sources.set(name, source);
    for (const dependency of Object.keys(source.manifest.dependencies ?? {})) add(dependency);
  };
  for (const name of names) add(name);
  const paths = [...sources.values()].map(({ path }) => path);
  const output = execFileSync(
    "npm",
    ["pack", "--json", "--loglevel=error", "--workspaces=false", `--pack-destination=${folder}`, ...paths],
    { cwd: folder, encoding: "utf8" },
  );
  const listed = JSON.parse(output) as Packed[] | Record<string, Packed>;
  const packed = new Map(Object.values(listed).map((one) => [one.name, one]));

  const tarballs = new Set([...packed.values()].map(({ filename }) => filename));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "/").slice(1);
    if (tarballs.has(path)) {
      response.end(readFileSync(join(folder, path)));
      return;
    }
    const one = packed.get(path);
    if (!one) {
      if (upstream === undefined) response.writeHead(404).end("{}");
      else response.writeHead(307, { location: new URL(`.${request.url}`, upstream).href }).end();
      return;
    }
    const dist = { tarball: `${url}/${one.filename}`, integrity: one.integrity };
    const version = { ...sources.get(one.name)!.manifest, dist };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ name: one.name, "dist-tags": { latest: one.version }, versions: { [one.version]: version } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    tarball: (name) => join(folder, packed.get(name)!.filename),
    contents: new Map(
      [...packed.values()].map(({ name, files }) => [
        name,
        { manifest: sources.get(name)!.manifest, files: new Map(files.map(({ path, mode }) => [path, mode])) },
      ]),
    ),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
