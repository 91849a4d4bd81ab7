import { expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { emitFirecracker, firecrackerCommands } from "../../src/package/firecracker.ts";
import type { RecipeOptions } from "../../src/package/recipes.ts";
import { imageInfo } from "./image-info.ts";

const devices = [
  { name: "service", type: "NET_BASIC" },
  { name: "links", type: "BLOCK_BASIC" },
  { name: "inside", type: "NET_BASIC" },
] as const;
const options = (parts: Partial<RecipeOptions> = {}): RecipeOptions => ({
  image: imageInfo({ target: "virtio", devices }),
  path: "/srv/web.virtio",
  memory: 64,
  args: ["--who=Ada Lovelace", "--log=warn"],
  ports: [],
  disks: [{ value: "/srv/links.img" }],
  ...parts,
});

/**
 * The parts of Firecracker's API definition (1.17) that a machine needs: which members there may be, of which type, and which there
 * must be. It refuses any other.
 */
type Schema =
  | "string"
  | "boolean"
  | "number"
  | { readonly of: Schema }
  | { readonly has: Readonly<Record<string, Schema>>; readonly needs: readonly string[] };
const FULL_VM_CONFIGURATION: Schema = {
  has: {
    "boot-source": {
      has: { kernel_image_path: "string", boot_args: "string", initrd_path: "string" },
      needs: ["kernel_image_path"],
    },
    drives: {
      of: {
        has: {
          drive_id: "string",
          partuuid: "string",
          is_root_device: "boolean",
          cache_type: "string",
          is_read_only: "boolean",
          path_on_host: "string",
          io_engine: "string",
          socket: "string",
        },
        needs: ["drive_id", "is_root_device"],
      },
    },
    "network-interfaces": {
      of: {
        has: { iface_id: "string", host_dev_name: "string", guest_mac: "string", mtu: "number" },
        needs: ["iface_id", "host_dev_name"],
      },
    },
    "machine-config": {
      has: { vcpu_count: "number", mem_size_mib: "number", smt: "boolean", track_dirty_pages: "boolean" },
      needs: ["vcpu_count", "mem_size_mib"],
    },
  },
  needs: ["boot-source", "drives"], // what its reader has no default for
};

function problems(value: unknown, schema: Schema, at = "machine"): string[] {
  if (typeof schema === "string") return typeof value === schema ? [] : [`${at}: no ${schema}`];
  if ("of" in schema) {
    if (!Array.isArray(value)) return [`${at}: no list`];
    return value.flatMap((item, index) => problems(item, schema.of, `${at}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [`${at}: no object`];
  const missing = schema.needs.filter((name) => !(name in value)).map((name) => `${at}: no ${name}`);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const known = schema.has[name];
    return known ? problems(member, known, `${at}.${name}`) : [`${at}: ${name} is unknown`];
  });
  return [...missing, ...members];
}

it("the checker finds what is wrong", () => {
  expect(problems({ drives: [{ drive_id: 1 }], kernel: "" }, FULL_VM_CONFIGURATION)).toEqual([
    "machine: no boot-source",
    "machine.drives[0]: no is_root_device",
    "machine.drives[0].drive_id: no string",
    "machine: kernel is unknown",
  ]);
});

it("a machine as Firecracker's API defines it: kernel, arguments, disks that flush, taps in the manifest's order", () => {
  const machine = JSON.parse(emitFirecracker(options()));
  expect(problems(machine, FULL_VM_CONFIGURATION)).toEqual([]);
  expect(machine["boot-source"]).toEqual({
    kernel_image_path: "/srv/web.virtio",
    boot_args: '"--who=Ada Lovelace" --log=warn',
  });
  expect(machine.drives).toMatchObject([
    { path_on_host: "/srv/links.img", cache_type: "Writeback", drive_id: "links" },
  ]);
  expect(machine["network-interfaces"]).toEqual([
    { iface_id: "service", host_dev_name: "tap0" },
    { iface_id: "inside", host_dev_name: "tap1" },
  ]);
  expect(machine["machine-config"].mem_size_mib).toBe(64);
});

it("without arguments and devices it still says so: Firecracker has arguments of its own otherwise", () => {
  const machine = JSON.parse(
    emitFirecracker(options({ image: imageInfo({ target: "virtio", devices: [] }), args: [] })),
  );
  expect(problems(machine, FULL_VM_CONFIGURATION)).toEqual([]);
  expect(machine["boot-source"].boot_args).toBe("");
  expect(machine.drives).toEqual([]);
});

it.each<[string, Partial<RecipeOptions>, RegExp]>([
  ["an image for another machine", { image: imageInfo() }, /boots virtio images/],
  ["a disk without its file", { disks: [] }, /--block links=FILE/],
  ["too many arguments", { args: ["x".repeat(1920)] }, /takes 1919 here/],
])("refuses %s", (_name, parts, message) => {
  expect(() => emitFirecracker(options(parts))).toThrow(UsageError);
  expect(() => emitFirecracker(options(parts))).toThrow(message);
});

it("says how it is started", () => {
  expect(firecrackerCommands(options(), "dist/web.firecracker.json")).toEqual([
    "ip tuntap add tap0 mode tap && ip link set tap0 up",
    "ip tuntap add tap1 mode tap && ip link set tap1 up",
    "firecracker --no-api --config-file dist/web.firecracker.json",
  ]);
});
