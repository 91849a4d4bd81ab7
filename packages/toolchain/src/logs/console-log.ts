import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The console of a guest, kept on the host. */
export interface ConsoleLog {
  write(bytes: Uint8Array): void;
  end(): void;
}

/** A console that was kept, or is being written. */
export interface KeptLog {
  /** Of the app. */
  readonly name: string;
  /** Process that runs or ran the guest. */
  readonly process: number;
  readonly isRunning: boolean;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When something was last written, milliseconds since 1970. */
  readonly written: number;
}

/** A file that would grow longer starts anew; what was in it is kept once, as `.old`. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** Consoles of guests that have ended, the oldest go first. */
const MAX_KEPT = 20;
const NAME = /^(.+)\.(\d+)\.log$/;

/** `$XDG_STATE_HOME/soloist/logs`, or what the XDG Base Directory Specification has in its place. */
export function logFolder(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "soloist", "logs");
}

/**
 * Keeps a guest's console in a file of its own, behind what an earlier guest of this process and name wrote. Where no file can be
 * written, nothing is kept: a guest does not end for that.
 */
export function createConsoleLog(app: string, folder: string = logFolder()): ConsoleLog {
  const path = join(folder, `${app.replace(/[^\w.-]/g, "_")}.${process.pid}.log`);
  let file: number | undefined;
  let size = 0;
  const give = (work: () => void): void => {
    try {
      work();
    } catch {
      file = undefined;
    }
  };
  const open = (): void => {
    file = openSync(path, "a", 0o600);
    size = statSync(path).size;
  };
  give(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeOldest(folder);
    open();
  });
  return {
    write(bytes) {
      give(() => {
        if (file !== undefined && size + bytes.length > MAX_LOG_BYTES) {
          closeSync(file);
          renameSync(path, `${path}.old`);
          open();
        }
        if (file === undefined) return;
        writeSync(file, bytes);
        size += bytes.length;
      });
    },
    end() {
      give(() => {
        if (file !== undefined) closeSync(file);
        file = undefined;
      });
    },
  };
}

/** All consoles that are kept, the one that was written last first. */
export function listLogs(folder: string = logFolder()): KeptLog[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const logs = names.flatMap((name) => {
    const match = NAME.exec(name);
    const path = join(folder, name);
    const stat = match && statSync(path, { throwIfNoEntry: false });
    if (!match || !stat) return [];
    const owner = Number(match[2]);
    return [
      { name: match[1]!, process: owner, isRunning: isAlive(owner), path, size: stat.size, written: stat.mtimeMs },
    ];
  });
  return logs.sort((a, b) => b.written - a.written);
}

function removeOldest(folder: string): void {
  const ended = listLogs(folder).filter(({ isRunning }) => !isRunning);
  for (const { path } of ended.slice(MAX_KEPT)) {
    rmSync(path, { force: true });
    rmSync(`${path}.old`, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
