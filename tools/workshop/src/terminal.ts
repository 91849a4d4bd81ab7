import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const WIDTH = 100;
const HEIGHT = 50;
const PROMPT = "$";
const POLL_MS = 30;

/** A terminal with a shell in it, as a person sees and uses it. */
export interface Terminal extends Disposable {
  /** Types a command and Enter, and waits until the shell asks for the next one. */
  run(command: string, timeout?: number): Promise<void>;
  /** Types a command and Enter, and waits for something on the screen. */
  start(command: string, expected: RegExp, timeout?: number): Promise<void>;
  /** Waits for something on the screen. */
  sees(expected: RegExp, timeout?: number): Promise<void>;
  /** Types text and Enter. */
  type(text: string): void;
  /** Ctrl-C, and waits for the shell. */
  interrupt(): Promise<void>;
  /** What is on the screen and above it, without empty lines at the end. */
  text(): string;
  clear(): void;
}

/** Opens a tmux session on a server of its own. `environment` is all that the shell knows. */
export function openTerminal(name: string, cwd: string, environment: NodeJS.ProcessEnv): Terminal {
  const tmux = (...args: string[]) =>
    execFileSync("tmux", ["-L", name, "-f", "/dev/null", ...args], { encoding: "utf8", cwd, env: environment });
  tmux(
    ...["new-session", "-d", "-s", "main", "-x", String(WIDTH), "-y", String(HEIGHT), "-c", cwd],
    ...["env", `PS1=${PROMPT} `, "bash", "--norc", "--noprofile"],
    ...[";", "set-option", "-g", "history-limit", "20000"],
  );
  const text = () =>
    tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "main")
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd();
  const until = async (isThere: (text: string) => boolean, what: string, timeout = 300_000) => {
    const end = performance.now() + timeout;
    for (;;) {
      const seen = text();
      if (isThere(seen)) return;
      if (performance.now() > end) throw new Error(`${what} did not come; the screen:\n${seen}`);
      await sleep(POLL_MS);
    }
  };
  const type = (line: string) => {
    tmux("send-keys", "-t", "main", "-l", line);
    tmux("send-keys", "-t", "main", "Enter");
  };
  // Behind an answer without a line's end, the prompt is on its line.
  const prompted = (seen: string) => seen.endsWith(PROMPT);
  const ready = (timeout?: number) => until(prompted, "the shell's prompt", timeout);
  const sees = (expected: RegExp, timeout?: number) => until((seen) => expected.test(seen), String(expected), timeout);
  const typedInto = async (command: string) => {
    await ready();
    const before = text().split("\n").length;
    type(command);
    // The command's own line has to be there before the prompt behind it is looked for.
    await until((seen) => seen.split("\n").length > before || !prompted(seen), "the typed command");
  };
  return {
    type,
    text,
    sees,
    async run(command, timeout) {
      await typedInto(command);
      await ready(timeout);
    },
    async start(command, expected, timeout) {
      await typedInto(command);
      await sees(expected, timeout);
    },
    async interrupt() {
      tmux("send-keys", "-t", "main", "C-c");
      await ready();
    },
    clear() {
      tmux("send-keys", "-t", "main", "-R");
      tmux("clear-history", "-t", "main");
      tmux("send-keys", "-t", "main", "Enter");
    },
    [Symbol.dispose]() {
      try {
        tmux("kill-server");
      } catch {
        // it ended with its shell
      }
    },
  };
}
