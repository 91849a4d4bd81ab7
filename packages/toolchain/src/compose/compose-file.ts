import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { TARGETS, type Target } from "../base.ts";
import { UsageError } from "../errors.ts";
import { type PortForward, parseMemory, parsePortForward } from "../run/options.ts";
import { parseAddress } from "../switch/packet.ts";

export const COMPOSE_FILE = "soloist.compose.json";
/** The network of every device that the file gives no other. */
export const DEFAULT_NETWORK = "default";

export const RESTARTS = ["no", "on-failure", "always"] as const;

/** What an app may say; soloist.compose.schema.json tells editors the same. */
export const APP_FIELDS = [
  "app",
  "image",
  "target",
  "memory",
  "args",
  "ports",
  "disks",
  "address",
  "networks",
  "dependsOn",
  "restart",
] as const;

/** One unikernel of a composition. Paths are absolute. */
export interface ComposedApp {
  readonly name: string;
  /** Folder or main module of the app, or an image that is built. */
  readonly source: { readonly kind: "app" | "image"; readonly path: string };
  readonly target: Target;
  /** Megabytes. */
  readonly memory: number;
  readonly args: readonly string[];
  readonly ports: readonly PortForward[];
  /** A disk's file by the device's name; `,size=16M` behind it makes one that is not there. */
  readonly disks: Readonly<Record<string, string>>;
  /** Its address on its first network, as a number. */
  readonly address?: number;
  /** Names of networks by the device's name. */
  readonly networks: Readonly<Record<string, string>>;
  /** Apps that have to listen first. */
  readonly dependsOn: readonly string[];
  readonly restart: (typeof RESTARTS)[number];
}

export interface ComposedNetwork {
  readonly name: string;
  /** Whether guests reach the world, and published ports them. */
  readonly gateway: boolean;
}

export interface Composition {
  /** Each one behind those that it depends on. */
  readonly apps: readonly ComposedApp[];
  readonly networks: readonly ComposedNetwork[];
}

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const MAX_APPS = 200;
const DEFAULT_MEMORY = 128;

/** The compose file of a folder, or the file itself. */
export function findComposeFile(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, COMPOSE_FILE) : path;
}

/** Reads `soloist.compose.json`. Throws a {@link UsageError} of one line, with the place in the file. */
export function readComposition(path: string): Composition {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (error as Error).message;
    throw new UsageError(`${path}: ${why}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message.split("\n")[0]}`);
  }
  try {
    return parseComposition(content, dirname(resolve(path)));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

/** The content of a compose file; paths in it are relative to `folder`. */
export function parseComposition(content: unknown, folder: string): Composition {
  const file = object("the file", content, ["$schema", "apps", "networks"]);
  const networks = parseNetworks(file.networks);
  const entries = Object.entries(object("apps", file.apps));
  if (entries.length === 0) throw new UsageError("apps: there is none");
  if (entries.length > MAX_APPS) throw new UsageError(`apps: ${entries.length}; a network has room for ${MAX_APPS}`);
  const apps = entries.map(([name, value]) => parseApp(name, value, folder));
  const names = new Set(apps.map(({ name }) => name));
  const known = new Set(networks.map(({ name }) => name));
  const published = new Map<string, string>();
  for (const app of apps) {
    for (const other of app.dependsOn) {
      if (!names.has(other)) throw new UsageError(`apps.${app.name}.dependsOn: there is no ${other}`);
    }
    for (const network of Object.values(app.networks)) {
      if (!known.has(network)) throw new UsageError(`apps.${app.name}.networks: there is no network ${network}`);
    }
    for (const { protocol, host } of app.ports) {
      const key = `${host}/${protocol}`;
      const other = published.get(key);
      if (other !== undefined) throw new UsageError(`apps.${app.name}.ports: ${other} has port ${host} already`);
      published.set(key, app.name);
    }
  }
  return { apps: inOrder(apps), networks };
}

function parseApp(name: string, value: unknown, folder: string): ComposedApp {
  const at = `apps.${name}`;
  if (!NAME.test(name)) throw new UsageError(`${at}: names are of a-z, 0-9 and "-", 32 at most, as in "my-app"`);
  const given = object(at, value, APP_FIELDS);
  const { app, image } = given;
  if ((app === undefined) === (image === undefined)) throw new UsageError(`${at}: expected either "app" or "image"`);
  const target = oneOf(`${at}.target`, given.target ?? "virtio", TARGETS);
  const address = given.address === undefined ? undefined : parseAddress(string(`${at}.address`, given.address));
  if (given.address !== undefined && address === undefined) {
    throw new UsageError(`${at}.address: expected an IPv4 address, as in "10.0.2.20"`);
  }
  return {
    name,
    source: {
      kind: app === undefined ? "image" : "app",
      path: resolve(folder, string(app === undefined ? `${at}.image` : `${at}.app`, app ?? image)),
    },
    target,
    memory: given.memory === undefined ? DEFAULT_MEMORY : within(`${at}.memory`, () => parseMemory(`${given.memory}`)),
    args: strings(`${at}.args`, given.args),
    ports: strings(`${at}.ports`, given.ports).map((text) => within(`${at}.ports`, () => parsePortForward(text))),
    disks: Object.fromEntries(
      Object.entries(object(`${at}.disks`, given.disks ?? {})).map(([device, file]) => [
        device,
        resolve(folder, string(`${at}.disks.${device}`, file)),
      ]),
    ),
    networks: Object.fromEntries(
      Object.entries(object(`${at}.networks`, given.networks ?? {})).map(([device, network]) => [
        device,
        string(`${at}.networks.${device}`, network),
      ]),
    ),
    dependsOn: strings(`${at}.dependsOn`, given.dependsOn),
    restart: oneOf(`${at}.restart`, given.restart ?? "no", RESTARTS),
    ...(address === undefined ? {} : { address }),
  };
}

function parseNetworks(value: unknown): ComposedNetwork[] {
  const given = Object.entries(object("networks", value ?? {}));
  const networks = given.map(([name, options]) => {
    if (!NAME.test(name)) throw new UsageError(`networks.${name}: names are of a-z, 0-9 and "-"`);
    const { gateway = true } = object(`networks.${name}`, options, ["gateway"]);
    if (typeof gateway !== "boolean") throw new UsageError(`networks.${name}.gateway: expected true or false`);
    return { name, gateway };
  });
  return networks.some(({ name }) => name === DEFAULT_NETWORK)
    ? networks
    : [{ name: DEFAULT_NETWORK, gateway: true }, ...networks];
}

/** Each app behind those that it depends on; otherwise as in the file. */
function inOrder(apps: readonly ComposedApp[]): ComposedApp[] {
  const ordered: ComposedApp[] = [];
  const visit = (app: ComposedApp, path: readonly string[]): void => {
    if (ordered.includes(app)) return;
    if (path.includes(app.name)) {
      throw new UsageError(`dependsOn goes in a circle: ${[...path, app.name].join(" -> ")}`);
    }
    for (const name of app.dependsOn) visit(apps.find((other) => other.name === name)!, [...path, app.name]);
    ordered.push(app);
  };
  for (const app of apps) visit(app, []);
  return ordered;
}

function object(at: string, value: unknown, fields?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${at}: expected an object`);
  }
  const unknown = fields && Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) throw new UsageError(`${at}: there is no "${unknown}"; there are ${fields!.join(", ")}`);
  return value as Record<string, unknown>;
}

function string(at: string, value: unknown): string {
  if (typeof value !== "string" || value === "") throw new UsageError(`${at}: expected a text`);
  return value;
}

function strings(at: string, value: unknown = []): string[] {
  if (!Array.isArray(value)) throw new UsageError(`${at}: expected a list of texts`);
  return value.map((item, index) => string(`${at}[${index}]`, item));
}

function oneOf<T extends string>(at: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`${at}: expected ${choices.join(" or ")}`);
  return found;
}

function within<T>(at: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${at}: ${error.message}`) : error;
  }
}
