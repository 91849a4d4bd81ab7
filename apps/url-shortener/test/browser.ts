import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHROMIUM = "/usr/bin/chromium";
const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-port=0",
];
const TIMEOUT = 20_000;

export const browserMissing = existsSync(CHROMIUM) ? undefined : "no Chromium";

type Message = { id?: number; method?: string; result?: Record<string, unknown>; error?: { message: string } };

/** One page of a headless Chromium in which pages cannot run scripts, over its DevTools protocol. */
export class Browser implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  #loaded: (() => void) | undefined;
  #session: string | undefined;
  #serial = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) this.#answers.get(message.id)?.(message);
      else if (message.method === "Page.loadEventFired") this.#loaded?.();
    };
  }

  static async start(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), "browser-"));
    const child = spawn(CHROMIUM, [...QUIET, `--user-data-dir=${folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const address = await within(
      new Promise<string>((resolve) => {
        let said = "";
        child.stderr!.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          const match = /ws:\/\/\S+/.exec(said);
          if (match) resolve(match[0]);
        });
      }),
      "Chromium to listen",
    );
    const socket = new WebSocket(address);
    await once(socket, "open");
    const browser = new Browser(child, folder, socket);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = sessionId as string;
    await browser.send("Page.enable");
    return browser;
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#serial;
    this.#socket.send(JSON.stringify({ id, method, params, sessionId: this.#session }));
    const answer = new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) => {
        this.#answers.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
    });
    return within(answer, method);
  }

  async view(width: number, height: number, scheme: "light" | "dark"): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 2, mobile: width < 600 });
    await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  /** From now on, pages cannot run scripts; `evaluate` still can. */
  withoutScripts(): Promise<unknown> {
    return this.send("Emulation.setScriptExecutionDisabled", { value: true });
  }

  /** Does something that loads a page, and waits for that. */
  async loads(action: () => Promise<unknown>): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve;
    });
    await action();
    await within(loaded, "a page to load");
  }

  open(url: string): Promise<void> {
    return this.loads(() => this.send("Page.navigate", { url }));
  }

  async press(key: "Tab" | "Enter"): Promise<void> {
    const event = { key, code: key, windowsVirtualKeyCode: key === "Tab" ? 9 : 13 };
    await this.send("Input.dispatchKeyEvent", {
      type: "keyDown",
      ...event,
      ...(key === "Enter" && { text: "\r" }),
    });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send("Runtime.evaluate", { expression, returnByValue: true });
    return (result as { value?: unknown }).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    const ended = once(this.#child, "close");
    this.#child.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), TIMEOUT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
