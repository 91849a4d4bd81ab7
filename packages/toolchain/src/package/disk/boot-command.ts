import { qemuCommand } from "../../run/qemu.ts";
import type { RecipeOptions } from "../recipes.ts";

/** A shell command that boots a disk in QEMU, by KVM where it works, with a place for the file of each disk that was not named. */
export function bootCommand({ image, memory, ports, disks }: RecipeOptions, file: string): string {
  const blocks = image.devices.filter(({ type }) => type === "BLOCK_BASIC");
  const fileOf = (name: string, index: number) =>
    disks.find((disk) => (disk.name === undefined ? disks[index] === disk : disk.name === name))?.value ?? "FILE";
  const { command, args } = qemuCommand({
    image: { ...image, file },
    accelerator: "tcg",
    memory,
    networks: [],
    macs: [],
    ports,
    blocks: blocks.map(({ name }, index) => ({ name, value: fileOf(name, index) })),
    args: [],
  });
  const kernel = args.indexOf("-kernel");
  const accel = args.indexOf("-accel");
  const words = [
    ...args.slice(0, accel),
    "-accel",
    "kvm",
    ...args.slice(accel, kernel),
    "-drive",
    `format=raw,file=${file.replaceAll(",", ",,")}`,
  ];
  return [command, ...words, ...args.slice(kernel + 2)].map(quote).join(" ");
}

const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
