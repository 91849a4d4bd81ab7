import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ADDRESS, build, Guest, type GuestOptions, HOST, Namespace, type Target } from "@soloist/tool-e2e";

const here = fileURLToPath(new URL("..", import.meta.url));

/** Address of Node.js behind its cable. */
export const NODE = "10.0.1.2";

/** A network of its own with the guest behind a tap, and Node.js behind a virtual cable in a namespace of its own. */
export class Bench implements Disposable {
  readonly net = new Namespace();
  readonly other = new Namespace();

  constructor() {
    this.net.tap("tap0", `${HOST}/24`);
    this.net.veth("cable0", "10.0.1.1/24", this.other, "cable1", `${NODE}/24`);
  }

  boot(app: string, target: Target, memory = 64, options: Partial<GuestOptions> = {}): Guest {
    const image = build(app, target);
    const nets = { service: "tap0" };
    return Guest.boot({ ...options, target, image, memory, namespace: this.net, nets, args: ADDRESS });
  }

  async node(file: string): Promise<ChildProcess> {
    const path = `${here}node/${file}`;
    const child = this.other.spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout!, "data");
    return child;
  }

  [Symbol.dispose](): void {
    this.net.remove();
    this.other.remove();
  }
}
