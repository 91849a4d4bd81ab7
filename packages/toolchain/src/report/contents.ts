import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import type { BaseDescription } from "../base.ts";
import type { ImageInfo } from "../inspect.ts";
import type { TreeNode } from "./treemap.ts";

/** What a bundle is made of. */
export interface BundleContents {
  /** Bytes of the bundle by its files: absolute paths, or names of modules that no file holds (`soloist:entry`). */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Folders that are in it as archives. */
  readonly archives: readonly { readonly folder: string; readonly bytes: number }[];
}

const sum = (nodes: readonly { readonly size: number }[]) => nodes.reduce((total, { size }) => total + size, 0);

/** The bytes of an image's file by what they are for. */
export function imageTree(image: ImageInfo, base: BaseDescription, bundle: BundleContents): TreeNode[] {
  const moduleAt = (address: number) =>
    Object.entries(base.modules).find(([, { segments }]) =>
      segments.some(({ vaddr, size }) => address >= vaddr && address < vaddr + size),
    )?.[0];
  const heap = image.segments.filter(({ address }) => address >= base.linearBase);
  const modules = new Map<string, number>();
  const kernel = new Map<string, number>();
  for (const { address, fileSize, permissions } of image.segments) {
    if (address >= base.linearBase) continue;
    const module = moduleAt(address);
    const [sizes, name] =
      module === undefined
        ? [
            kernel,
            permissions.includes("x") ? "code" : permissions.includes("w") ? "data" : "constants, function table",
          ]
        : [modules, module];
    sizes.set(name, (sizes.get(name) ?? 0) + fileSize);
  }
  const nodes = (sizes: ReadonlyMap<string, number>): TreeNode[] => [...sizes].map(([name, size]) => ({ name, size }));
  const heapSize = heap.reduce((total, { fileSize }) => total + fileSize, 0);
  const archives = bundle.archives.map(({ folder, bytes }) => ({ name: `files: ${basename(folder)}`, size: bytes }));
  const rest = Math.max(0, heapSize - sum(archives));
  const kernelNodes = nodes(kernel);
  const moduleNodes = nodes(modules);
  const parts: TreeNode[] = [
    { name: "engine and kernel", kind: "engine", size: sum(kernelNodes), children: kernelNodes },
    { name: "engine modules", kind: "module", size: sum(moduleNodes), children: moduleNodes },
    {
      name: "heap of the app",
      kind: "heap",
      size: heapSize,
      children: [
        { name: image.snapshot === false ? "source, globals" : "objects, bytecode, globals", size: rest },
        ...archives,
      ],
    },
  ];
  return [...parts, { name: "headers, gaps", kind: "other", size: Math.max(0, image.size - sum(parts)) }];
}

/** The bytes of a bundle by package, folder and file. */
export function bundleTree(bundle: BundleContents, appFolder: string): TreeNode[] {
  const packages = new Map<string, { readonly file: string; readonly bytes: number }[]>();
  for (const { path, bytes } of bundle.files) {
    const { name, file } = placeOf(path);
    const files = packages.get(name) ?? [];
    files.push({ file, bytes });
    packages.set(name, files);
  }
  const own = packageAt(appFolder)?.name;
  return [...packages].map(([name, files]) => {
    const children = byFolder(files);
    const kind =
      name === own ? "app" : name.startsWith("@soloist/") ? "soloist" : name === GENERATED ? "other" : "library";
    return { name, kind, size: sum(children), children };
  });
}

/** Files of one folder in a box of their own; those of `src` and of folders with one file stand for themselves. */
function byFolder(files: readonly { readonly file: string; readonly bytes: number }[]): TreeNode[] {
  const folders = new Map<string, TreeNode[]>();
  for (const { file, bytes } of files) {
    const short = file.replace(/^(src|dist|esm|lib)\//, "");
    const cut = short.indexOf("/");
    const folder = cut < 0 ? "" : short.slice(0, cut);
    const inside = folders.get(folder) ?? [];
    inside.push({ name: folder === "" ? short : short.slice(cut + 1), size: bytes });
    folders.set(folder, inside);
  }
  return [...folders].flatMap(([folder, children]) => {
    if (folder === "") return children;
    if (children.length === 1) return [{ name: `${folder}/${children[0]!.name}`, size: children[0]!.size }];
    return [{ name: folder, size: sum(children), children }];
  });
}

const GENERATED = "generated";

function placeOf(path: string): { readonly name: string; readonly file: string } {
  if (!path.startsWith("/")) return { name: GENERATED, file: path };
  const found = packageAt(dirname(path));
  return found
    ? { name: found.name, file: relative(found.folder, path) }
    : { name: dirname(path), file: basename(path) };
}

const packagesByFolder = new Map<string, { readonly name: string; readonly folder: string } | undefined>();

/** The nearest package.json that has a name: some only say what kind of modules are below. */
function packageAt(folder: string): { readonly name: string; readonly folder: string } | undefined {
  if (packagesByFolder.has(folder)) return packagesByFolder.get(folder);
  const manifest = join(folder, "package.json");
  const name = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name
    : undefined;
  const found =
    name !== undefined ? { name, folder } : dirname(folder) === folder ? undefined : packageAt(dirname(folder));
  packagesByFolder.set(folder, found);
  return found;
}
