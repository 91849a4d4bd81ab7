import { type FSWatcher, statSync, watch } from "node:fs";
import { dirname, join, sep } from "node:path";

/** Editors write a file in several steps: what follows within this time belongs to the same change. */
const SETTLE_MS = 25;

export interface FileWatcher extends Disposable {
  /** Watches these files and folders, absolute, from now on; folders with all below them. */
  set(inputs: readonly string[]): void;
}

/**
 * Calls `changed` with the paths of a change. Folders are watched, not files: editors replace files, and a missing one may
 * come. esbuild's own watcher asks the file system every now and then, which takes up to two seconds.
 */
export function watchFiles(changed: (paths: string[]) => void): FileWatcher {
  const watchers = new Map<string, FSWatcher>();
  let files = new Set<string>();
  let folders: string[] = [];
  let pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const notice = (path: string): void => {
    const isInput = files.has(path) || folders.some((folder) => path.startsWith(folder + sep));
    if (!isInput || /(\.crunch\.d\.ts|\.tmp|~|\.sw[px])$/.test(path)) return;
    pending.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const paths = [...pending];
      pending = new Set();
      changed(paths);
    }, SETTLE_MS);
  };
  const open = (folder: string, recursive: boolean): void => {
    try {
      const watcher = watch(folder, { recursive }, (_, name) => name !== null && notice(join(folder, name)));
      // A folder that was removed.
      watcher.on("error", () => watcher.close());
      watchers.set(`${recursive}${folder}`, watcher);
    } catch {
      // It is gone: the build will say so.
    }
  };
  return {
    set(inputs) {
      const own = inputs.filter((path) => !path.includes(`${sep}node_modules${sep}`));
      folders = own.filter(isFolder);
      files = new Set(own.filter((path) => !folders.includes(path)));
      const wanted = new Map<string, [string, boolean]>();
      for (const folder of folders) wanted.set(`true${folder}`, [folder, true]);
      for (const file of files) wanted.set(`false${dirname(file)}`, [dirname(file), false]);
      for (const [key, watcher] of watchers) {
        if (wanted.has(key)) continue;
        watcher.close();
        watchers.delete(key);
      }
      for (const [key, [folder, recursive]] of wanted) if (!watchers.has(key)) open(folder, recursive);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
