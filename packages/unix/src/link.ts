import { closeSync, openSync, writeSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers";
import { pcapHeader, pcapRecord } from "@soloist/net";
import { FaultPlan, QueueDevice } from "@soloist/testing";
import { settings, wake } from "./machine.ts";
import type { Translator } from "./outgoing/translate.ts";
import type { LinkSettings } from "./settings.ts";

/** Addresses of the simulated network, those of QEMU's user network. */
export const GUEST_ADDRESS = "10.0.2.15";
export const GATEWAY_ADDRESS = "10.0.2.2";
export const PREFIX = 24;

const SLOT_SIZE = 2048;
const MTU = 1500;
const GUEST_MAC = [0x02, 0, 0, 0, 0, 0x0f];
const GATEWAY_MAC = new Uint8Array([0x02, 0, 0, 0, 0, 0x02]);

/** Two ends of a cable: the app's device is `guest`, the gateway's `gateway`. */
export interface Link {
  readonly gateway: QueueDevice;
  /** A frame that the app sends. */
  transmit(frame: Uint8Array): void;
  /** A frame for the app that is not of the gateway's stack. */
  toGuest(frame: Uint8Array): void;
  /** Puts address translation in front of the gateway's stack. */
  setTranslator(translator: Translator): void;
  /** Frames that wait for the app. */
  readonly arrived: Uint8Array[];
  readonly name: string;
}

let current: Link | undefined;

/** The device that a gateway sits behind: the first that the app opens. */
export function openedLink(): Link | undefined {
  return current;
}

/** A cable that loses, delays and damages as the settings say, the same way for the same seed. */
export function createLink(name: string, options: LinkSettings): Link {
  const arrived: Uint8Array[] = [];
  const gateway = new QueueDevice({ mac: GATEWAY_MAC, mtu: MTU });
  const record = options.pcap === undefined ? () => {} : recorder(options.pcap);
  const carry = (seed: number, deliver: (frame: Uint8Array) => void) => {
    const plan = new FaultPlan(seed, { loss: options.drop, corrupt: options.corrupt });
    return (frame: Uint8Array): void => {
      for (const result of plan.apply(frame)) {
        const arrive = () => {
          deliver(result);
          wake();
        };
        if (options.delay > 0) setTimeout(arrive, options.delay);
        else arrive();
      }
    };
  };
  let translator: Translator | undefined;
  const toGateway = carry(options.seed, (frame) => {
    if (!translator?.outward(frame)) gateway.deliver(frame);
  });
  // The file has what the app sends and what reaches it, as a sniffer on its interface would.
  const toGuest = carry(options.seed + 1, (frame) => {
    record(frame);
    arrived.push(frame);
  });
  gateway.onSend = (frame) => {
    translator?.inward(frame);
    toGuest(frame);
  };
  return {
    name,
    gateway,
    arrived,
    toGuest,
    setTranslator(given) {
      translator = given;
    },
    transmit(frame) {
      record(frame);
      toGateway(frame);
    },
  };
}

function recorder(path: string): (frame: Uint8Array) => void {
  const file = openSync(path, "w");
  writeSync(file, pcapHeader());
  process.once("exit", () => closeSync(file));
  return (frame) => void writeSync(file, pcapRecord(Date.now(), frame));
}

/** `--ipv4`, `--ipv4-gateway` and `--dns` of the stack on the link, in front of a command line that has none. */
export function prependAddresses(line: string): string {
  const prefix = stackName === undefined || stackName === "service" ? "" : `${stackName.toLowerCase()}-`;
  if (settings.link === undefined || stackName === undefined || line.includes(`--${prefix}ipv4=`)) return line;
  const dns = line.includes(`--${prefix}dns=`) ? "" : ` --${prefix}dns=${GATEWAY_ADDRESS}`;
  const own = `--${prefix}ipv4=${GUEST_ADDRESS}/${PREFIX} --${prefix}ipv4-gateway=${GATEWAY_ADDRESS}${dns}`;
  return line === "" ? own : `${own} ${line}`;
}

let stackName: string | undefined;

/** The first stack of the app gets the address. */
export function noteStack(name: string): void {
  stackName ??= name;
}

interface Attached {
  readonly link: Link;
  readonly rx: Uint8Array;
  readonly tx: Uint8Array;
  readonly state: Int32Array;
  slot: number;
  txSlot: number;
}

const handles: Attached[] = [];

/** Only a simulated link has frames: sockets of the host have none. */
export function netAcquire(name: string, rx: Uint8Array, tx: Uint8Array, state: Int32Array): number {
  if (settings.link === undefined) return -1;
  const link = createLink(name, settings.link);
  current ??= link;
  state[3] = MTU;
  state.set(GUEST_MAC, 4);
  return handles.push({ link, rx, tx, state, slot: 0, txSlot: 0 }) - 1;
}

export function netRead(handle: number): number {
  const attached = handles[handle]!;
  const frame = attached.link.arrived.shift();
  if (frame === undefined) return 0;
  const offset = attached.slot * SLOT_SIZE;
  attached.slot = (attached.slot + 1) % Math.floor(attached.rx.length / SLOT_SIZE);
  attached.rx.set(frame, offset);
  attached.state[0] = offset;
  return frame.length;
}

export function netReserve(handle: number): number {
  return handles[handle]!.txSlot * SLOT_SIZE;
}

export function netSend(handle: number, offset: number, length: number): void {
  const attached = handles[handle]!;
  attached.txSlot = (attached.txSlot + 1) % Math.floor(attached.tx.length / SLOT_SIZE);
  attached.link.transmit(attached.tx.slice(offset, offset + length));
}
