import { resolve } from "node:path";
import { stop as stopBundler } from "esbuild";
import { buildImage } from "../app/build-image.ts";
import { UsageError } from "../errors.ts";
import { type ImageInfo, inspectImage } from "../inspect.ts";
import { openDisk } from "../run/open-disk.ts";
import { formatForward } from "../run/options.ts";
import type { RunOptions } from "../run/run-image.ts";
import { checkPorts, runImage } from "../run/run-image.ts";
import { formatAddress, formatMac } from "../switch/packet.ts";
import type { ComposedApp, Composition } from "./compose-file.ts";
import type { PublishedPort } from "./gateway.ts";
import { createMergedLog, type LogStream } from "./merged-log.ts";
import { openNetwork, type VirtualNetwork } from "./network.ts";
import { type PlannedNetwork, type PlannedStation, planNetworks } from "./plan.ts";
import { createReadiness, type Readiness } from "./readiness.ts";

export interface ComposeOptions {
  readonly composition: Composition;
  readonly accelerator: NonNullable<RunOptions["accelerator"]>;
  readonly color: boolean;
  readonly signal: AbortSignal;
  /** The merged log. */
  write(bytes: Uint8Array): void;
  progress(step: string): void;
  /** Takes the console of an app beside the log, mapped to TypeScript; returns what ends it. */
  record?(name: string): { write(bytes: Uint8Array): void; end(): void };
}

interface Member {
  readonly app: ComposedApp;
  readonly image: ImageInfo;
  readonly log: LogStream;
  readonly cables: readonly { readonly network: VirtualNetwork; readonly station: PlannedStation }[];
  readonly disks: readonly { readonly name: string; readonly value: string }[];
}

const FIRST_RESTART_MS = 1000;
const LONGEST_RESTART_MS = 30_000;
const SIGNAL_MS = 100;
/** A guest that ran so long is not failing at its start: the next restart is quick again. */
const STEADY_MS = 60_000;

/**
 * Builds and boots all apps of a composition on their networks, and waits for their end: that of all, of one that fails, or the
 * signal. Returns the exit code of the one that failed, else 0.
 */
export async function compose(options: ComposeOptions): Promise<number> {
  const { composition, signal } = options;
  const images = new Map<ComposedApp, ImageInfo>();
  for (const app of composition.apps) {
    images.set(app, await imageOf(app, options));
    if (signal.aborted) return 0;
  }
  await stopBundler();
  const plans = planNetworks(composition, (app) => networkDevices(images.get(app)!)).filter(
    ({ stations }) => stations.length > 0,
  );
  const published = publishPorts(plans, composition.apps);
  await checkPorts(composition.apps.flatMap(({ ports }) => ports));

  const everything = new AbortController();
  const end = AbortSignal.any([signal, everything.signal]);
  const networks: VirtualNetwork[] = [];
  try {
    for (const [index, plan] of plans.entries()) networks.push(await openNetwork(plan, published[index]!));
    const open = createMergedLog({ ...options, names: composition.apps.map(({ name }) => name) });
    const members = composition.apps.map((app) => {
      const cables = plans.flatMap((plan, index) =>
        plan.stations
          .filter(({ name }) => name === app.name)
          .map((station) => ({ network: networks[index]!, station })),
      );
      return { app, image: images.get(app)!, log: open(app.name), cables, disks: openDisks(app) };
    });
    const guests = boot(members, options, end);
    // Whoever fails first ends the others; a network that dies, too.
    const outcomes = guests.map((guest) => guest.catch((error: unknown) => ({ error })));
    let failure: { readonly code: number } | { readonly error: unknown } | undefined;
    const note = (outcome: typeof failure): void => {
      if (failure || end.aborted || (outcome && "code" in outcome && outcome.code === 0)) return;
      failure = outcome;
      everything.abort();
    };
    // Ctrl-C at a terminal reaches the gateways, too, and is to be heard first.
    const noteLater = (error: unknown) => setTimeout(note, SIGNAL_MS, { error });
    for (const network of networks) network.failed.catch(noteLater);
    await Promise.all(outcomes.map(async (outcome) => note(asFailure(await outcome))));
    if (failure && "error" in failure) throw failure.error;
    return failure?.code ?? 0;
  } finally {
    everything.abort();
    await Promise.all(networks.map((network) => network.close()));
  }
}

const asFailure = (outcome: number | { readonly error: unknown }) =>
  typeof outcome === "number" ? { code: outcome } : outcome;

/** Starts every app when those that it depends on listen. */
function boot(members: readonly Member[], options: ComposeOptions, end: AbortSignal): Promise<number>[] {
  const apps = new Map(members.map(({ app, log }) => [app.name, createReadiness(app.name, log)]));
  return members.map(async (member) => {
    const own = apps.get(member.app.name)!;
    await Promise.all(member.app.dependsOn.map((name) => apps.get(name)!.awaited(member.log, end)));
    return end.aborted ? 0 : keep(member, options, end, own);
  });
}

/** Runs an app, and again as its policy says. Returns its last exit code. */
async function keep(member: Member, options: ComposeOptions, end: AbortSignal, own: Readiness): Promise<number> {
  const { app, image, log, cables } = member;
  let pause = FIRST_RESTART_MS;
  for (;;) {
    const networks = await Promise.all(cables.map(({ network, station }) => network.plug(station, app.target)));
    const since = performance.now();
    const record = options.record?.(app.name);
    const code = await runImage({
      image,
      accelerator: options.accelerator,
      memory: app.memory,
      networks,
      macs: cables.map(({ station }) => ({ name: station.device, value: formatMac(station.mac) })),
      ports: [],
      blocks: member.disks,
      args: app.args,
      signal: end,
      console(bytes) {
        if (bytes.length === 0) return;
        log.write(bytes);
        record?.write(bytes);
      },
      started(how) {
        log.note(`booted in ${how}${addresses(member)}`);
        own.booted();
      },
      async reachable() {
        const ready = Promise.all(cables.map(({ network }) => network.ready));
        if (!(await ready.catch(() => undefined)) || end.aborted) return;
        for (const port of app.ports) log.note(`${formatForward(port)} is its port ${port.guest}`);
      },
      listening: own.listens,
    });
    log.end();
    record?.end();
    if (end.aborted) return 0;
    own.listens(); // an app that has done its work, too, lets those go on that wait for it
    const again = app.restart === "always" || (app.restart === "on-failure" && code !== 0);
    log.note(`ended with exit code ${code}${again ? `; restarts in ${Math.round(pause / 1000)} s` : ""}`);
    if (!again) return code;
    if (performance.now() - since >= STEADY_MS) pause = FIRST_RESTART_MS;
    await sleep(pause, end);
    if (end.aborted) return 0;
    pause = Math.min(pause * 2, LONGEST_RESTART_MS);
  }
}

const addresses = ({ cables }: Member) =>
  cables.length === 0 ? "" : `, ${cables.map(({ station }) => formatAddress(station.address)).join(", ")}`;

async function imageOf(app: ComposedApp, options: ComposeOptions): Promise<ImageInfo> {
  let path = app.source.path;
  if (app.source.kind === "app") {
    options.progress(`building ${app.name}`);
    ({ path } = await buildImage({ app: path, target: app.target, color: options.color }));
  }
  const image = inspectImage(resolve(path));
  if (image.target !== app.target) {
    throw new UsageError(`apps.${app.name}: the image is for ${image.target}; say "target": "${image.target}"`);
  }
  return image;
}

/** Disks by name, made where the file says how large they are. */
function openDisks(app: ComposedApp): Member["disks"] {
  return Object.entries(app.disks).map(([name, file]) => {
    try {
      return { name, value: openDisk(`${name}=${file}`).value };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`apps.${app.name}.disks: ${error.message.replace(/^--block /, "")}`);
    }
  });
}

const networkDevices = (image: ImageInfo) =>
  image.devices.filter(({ type }) => type === "NET_BASIC").map(({ name }) => name);

/** What each network's gateway opens: an app's ports belong to the first network that has one. */
function publishPorts(plans: readonly PlannedNetwork[], apps: readonly ComposedApp[]): readonly PublishedPort[][] {
  const published: PublishedPort[][] = plans.map(() => []);
  for (const app of apps) {
    if (app.ports.length === 0) continue;
    const stationOn = (plan: PlannedNetwork) => plan.stations.find(({ name }) => name === app.name);
    const index = plans.findIndex((plan) => plan.gateway && stationOn(plan));
    if (index < 0) throw new UsageError(`apps.${app.name}.ports: it is on no network with a gateway`);
    const { address } = stationOn(plans[index]!)!;
    published[index]!.push(...app.ports.map((forward) => ({ forward, address })));
  }
  return published;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        done();
      },
      { once: true },
    );
  });
}
