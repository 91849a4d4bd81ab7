import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import type { ImageInfo } from "../inspect.ts";
import { joinArguments, type PortForward } from "../run/options.ts";
import { qemuCommand } from "../run/qemu.ts";
import { commandWords } from "./urunc.ts";

/** What a recipe is written for. */
export interface RecipeOptions {
  readonly image: ImageInfo;
  /** Absolute path of the image where it will run. */
  readonly path: string;
  /** Megabytes. */
  readonly memory: number;
  readonly args: readonly string[];
  readonly ports: readonly PortForward[];
  /** Files by the disks' names, absolute. */
  readonly disks: readonly { readonly name?: string; readonly value: string }[];
}

const nets = (image: ImageInfo) => image.devices.filter(({ type }) => type === "NET_BASIC");
export const needVirtio = (what: string, image: ImageInfo): void => {
  if (image.target !== "virtio")
    throw new UsageError(`${what} boots virtio images, and this one is for ${image.target}`);
};

export const nameOf = (image: ImageInfo): string =>
  (image.app ?? basename(image.file).replace(/\.[^.]+$/, ""))
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "") || "app";

/** A libvirt domain, for `virsh create`. */
export function emitLibvirt(options: RecipeOptions): string {
  const { image, path, memory, args } = options;
  needVirtio("--libvirt: libvirt", image);
  const disks = diskFiles("--libvirt", options);
  const xml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const cmdline = args.length === 0 ? "" : `\n    <cmdline>${xml(joinArguments(args))}</cmdline>`;
  const devices = [
    ...nets(image).map(
      () => `    <interface type="network">
      <source network="default"/>
      <model type="virtio"/>
      <rom enabled="no"/>
    </interface>`,
    ),
    ...disks.map(
      ({ file }, index) => `    <disk type="file" device="disk">
      <driver name="qemu" type="raw"/>
      <source file="${xml(file)}"/>
      <target dev="vd${String.fromCharCode(97 + index)}" bus="virtio"/>
    </disk>`,
    ),
  ];
  return `<!-- virsh create FILE, then virsh console ${nameOf(image)}. Without KVM: type="qemu", and no <cpu>. -->
<domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
  <name>${nameOf(image)}</name>
  <memory unit="MiB">${memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch="x86_64" machine="pc">hvm</type>
    <kernel>${xml(path)}</kernel>${cmdline}
  </os>
  <features><acpi/></features>
  <cpu mode="host-passthrough"/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
${devices.length === 0 ? "" : `${devices.join("\n")}\n`}    <controller type="usb" model="none"/>
    <serial type="pty"><target port="0"/></serial>
    <console type="pty"><target type="serial" port="0"/></console>
    <memballoon model="none"/>
  </devices>
  <qemu:commandline>
    <qemu:arg value="-device"/>
    <qemu:arg value="isa-debug-exit,iobase=0x501,iosize=2"/>
  </qemu:commandline>
</domain>
`;
}

/**
 * A Nomad job, for `nomad job run -json`. Nomad's driver for QEMU boots disks; so `raw_exec` starts the command that `soloist run`
 * would, on a client that has QEMU and allows that driver.
 */
export function emitNomad(options: RecipeOptions): string {
  const { image, path, memory, args, ports } = options;
  needVirtio("--nomad: QEMU", image);
  const name = nameOf(image);
  const disks = diskFiles("--nomad", options);
  const forwards = ports.map((port, index) => ({ ...port, address: "0.0.0.0", label: `port${index}` }));
  const machine = {
    image: { ...image, file: path },
    accelerator: "kvm",
    memory,
    networks: [],
    macs: [],
    ports: forwards,
    args,
  } as const;
  const { command, args: words } = qemuCommand({
    ...machine,
    blocks: disks.map(({ name: device, file }) => ({ name: device, value: file })),
  });
  const job = {
    Job: {
      ID: name,
      Name: name,
      Type: "service",
      Datacenters: ["*"],
      TaskGroups: [
        {
          Name: name,
          Count: 1,
          ...(forwards.length === 0
            ? {}
            : { Networks: [{ ReservedPorts: forwards.map(({ label, host }) => ({ Label: label, Value: host })) }] }),
          Tasks: [
            {
              Name: name,
              Driver: "raw_exec",
              Config: { command, args: words },
              Resources: { CPU: 500, MemoryMB: memory + QEMU_MEMORY },
            },
          ],
        },
      ],
    },
  };
  return `${JSON.stringify(job, undefined, 2)}\n`;
}

/** What QEMU takes on top of its guest's memory, megabytes. */
const QEMU_MEMORY = 64;

/** A Kubernetes deployment of the OCI image under urunc, and a service for its ports, for `kubectl apply -f`. */
export function emitKubernetes(options: RecipeOptions): string {
  const { image, memory, args, ports } = options;
  const name = nameOf(image);
  const text = (value: string) => JSON.stringify(value); // a YAML scalar in double quotes is JSON's
  const list = (indent: string, items: readonly string[]) => items.map((item) => `${indent}- ${item}`).join("\n");
  const containerPorts = ports.map(
    ({ guest, protocol }) => `{ containerPort: ${guest}, protocol: ${protocol.toUpperCase()} }`,
  );
  const servicePorts = ports.map(
    ({ host, guest, protocol }) =>
      `{ name: "${protocol}-${host}", port: ${host}, targetPort: ${guest}, protocol: ${protocol.toUpperCase()} }`,
  );
  const deployment = `# Needs urunc on the nodes, its RuntimeClass, and the image of "soloist package --oci" in a registry:
#   skopeo copy oci:${name}.oci:latest docker://REGISTRY/${name}:latest
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      runtimeClassName: urunc
      containers:
        - name: ${name}
          image: "REGISTRY/${name}:latest"
${args.length === 0 ? "" : `          args:\n${list("            ", commandWords(args).map(text))}\n`}${ports.length === 0 ? "" : `          ports:\n${list("            ", containerPorts)}\n`}          resources:
            limits: { memory: "${memory}Mi" }
`;
  if (ports.length === 0) return deployment;
  return `${deployment}---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app: ${name} }
  ports:
${list("    ", servicePorts)}
`;
}

/** A file for each disk, in the manifest's order; recipes have no stand-ins for those that are left out. */
export function diskFiles(
  flag: string,
  { image, disks }: RecipeOptions,
): { readonly name: string; readonly file: string }[] {
  const devices = image.devices.filter(({ type }) => type === "BLOCK_BASIC");
  return devices.map(({ name }, index) => {
    const disk =
      disks.find((candidate) => candidate.name === name) ??
      (disks[index]?.name === undefined ? disks[index] : undefined);
    if (!disk) throw new UsageError(`${flag}: a file for the disk ${name} is missing: --block ${name}=FILE`);
    return { name, file: disk.value };
  });
}
