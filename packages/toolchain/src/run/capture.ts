import { RunError, UsageError } from "../errors.ts";
import { type GuestProcess, startGuest } from "./guest-process.ts";
import { assign } from "./options.ts";
import { type MachineOptions, tapAssignments } from "./qemu.ts";
import { findProgram } from "./spt.ts";

/** Writes frames until it is stopped. */
export interface Captures {
  /** Resolves when all frames are in their files. */
  stop(): Promise<void>;
}

/**
 * Writes what passes over the taps of an spt guest to files. The guest reads and writes its tap without us, so that a packet
 * socket on the interface takes the frames: that needs the right to open one.
 */
export async function startCaptures(options: Omit<MachineOptions, "accelerator">): Promise<Captures> {
  const nets = options.image.devices.filter(({ type }) => type === "NET_BASIC").map(({ name }) => name);
  const taps = assign("--net", nets, tapAssignments(options.networks));
  const files = assign("--pcap", nets, options.pcaps ?? []);
  const running: { readonly process: GuestProcess; readonly said: () => string }[] = [];
  const stop = async (): Promise<void> => {
    for (const { process } of running) process.stop();
    for (const { process, said } of running) {
      await process.ended;
      if (said() !== "") globalThis.process.stderr.write(said());
    }
  };
  for (const [name, file] of files) {
    const tap = taps.get(name);
    if (tap === undefined) throw new UsageError(`--pcap: ${name} is attached to no tap`);
    let said = "";
    const capturing = Promise.withResolvers<void>();
    const process = startGuest(
      { command: findProgram("soloist-capture"), args: [tap, file] },
      {
        console: () => capturing.resolve(),
        error(chunk) {
          said += Buffer.from(chunk).toString();
        },
      },
    );
    const isCapturing = await Promise.race([capturing.promise.then(() => true), process.ended.then(() => false)]);
    if (!isCapturing) {
      await stop();
      throw new RunError(
        `--pcap: ${said.trim().replace(/^soloist-capture: /, "")}${said.includes("permitted") ? ": it needs root, or CAP_NET_RAW" : ""}`,
      );
    }
    running.push({ process, said: () => said });
  }
  return { stop };
}
