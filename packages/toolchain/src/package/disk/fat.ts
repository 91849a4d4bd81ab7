const SECTOR = 512;
const ROOT_ENTRIES = 512;
const ENTRY_SIZE = 32;
const RESERVED = 1;
const FATS = 2;
/** A FAT16 file system has 4,085 to 65,524 clusters (Microsoft's FAT specification, "FAT type determination"). */
const LEAST_CLUSTERS = 4085;
const MOST_CLUSTERS = 65524;
const FIRST_CLUSTER = 2;
const END_OF_CHAIN = 0xffff;
const DIRECTORY = 0x10;
const FIRST_DAY = 0x21; // 1980-01-01

/** A file system, and where the file's content begins in it; it lies in one piece. */
export interface FatVolume {
  readonly bytes: Uint8Array;
  readonly fileOffset: number;
}

/**
 * A FAT16 file system with one file, below `folders`. Names are in 8.3 form and upper case. `hidden`: sectors in front of the
 * volume. Pure: the same parts, the same bytes.
 */
export function emitFat(parts: {
  readonly folders: readonly string[];
  readonly name: string;
  readonly content: Uint8Array;
  readonly serial: number;
  readonly hidden: number;
}): FatVolume {
  const { folders, content } = parts;
  let sectorsPerCluster = 1;
  const clustersFor = (size: number) => Math.ceil(size / (SECTOR * sectorsPerCluster));
  while (clustersFor(content.length) + folders.length > MOST_CLUSTERS) sectorsPerCluster *= 2;
  const fileClusters = clustersFor(content.length);
  const clusters = Math.max(LEAST_CLUSTERS + 15, folders.length + fileClusters);
  const fatSectors = Math.ceil(((clusters + FIRST_CLUSTER) * 2) / SECTOR);
  const rootAt = RESERVED + FATS * fatSectors;
  const dataAt = rootAt + (ROOT_ENTRIES * ENTRY_SIZE) / SECTOR;
  const total = dataAt + clusters * sectorsPerCluster;
  const bytes = new Uint8Array(total * SECTOR);
  const view = new DataView(bytes.buffer);
  const ascii = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);

  bytes.set([0xeb, 0x3c, 0x90]);
  ascii(3, "SOLOIST ");
  view.setUint16(11, SECTOR, true);
  view.setUint8(13, sectorsPerCluster);
  view.setUint16(14, RESERVED, true);
  view.setUint8(16, FATS);
  view.setUint16(17, ROOT_ENTRIES, true);
  if (total < 0x10000) view.setUint16(19, total, true);
  else view.setUint32(32, total, true);
  view.setUint8(21, 0xf8); // a fixed disk
  view.setUint16(22, fatSectors, true);
  view.setUint16(24, 63, true); // the geometry that BIOSes like
  view.setUint16(26, 255, true);
  view.setUint32(28, parts.hidden, true);
  view.setUint8(36, 0x80);
  view.setUint8(38, 0x29);
  view.setUint32(39, parts.serial, true);
  ascii(43, "NO NAME    FAT16   ");
  view.setUint16(510, 0xaa55, true);

  const clusterAt = (cluster: number) => (dataAt + (cluster - FIRST_CLUSTER) * sectorsPerCluster) * SECTOR;
  const link = (cluster: number, next: number) => {
    for (let fat = 0; fat < FATS; fat++) {
      view.setUint16((RESERVED + fat * fatSectors) * SECTOR + cluster * 2, next, true);
    }
  };
  const entry = (at: number, name: string, attributes: number, cluster: number, size: number) => {
    ascii(at, name);
    view.setUint8(at + 11, attributes);
    for (const date of [16, 18, 24]) view.setUint16(at + date, FIRST_DAY, true);
    view.setUint16(at + 26, cluster, true);
    view.setUint32(at + 28, size, true);
  };

  link(0, 0xfff8);
  link(1, END_OF_CHAIN);
  let directory = rootAt * SECTOR;
  let parent = 0;
  folders.forEach((folder, index) => {
    const cluster = FIRST_CLUSTER + index;
    link(cluster, END_OF_CHAIN);
    entry(directory, shortName(folder), DIRECTORY, cluster, 0);
    directory = clusterAt(cluster);
    entry(directory, ".          ", DIRECTORY, cluster, 0);
    entry(directory + ENTRY_SIZE, "..         ", DIRECTORY, parent, 0);
    directory += 2 * ENTRY_SIZE;
    parent = cluster;
  });
  const first = FIRST_CLUSTER + folders.length;
  for (let index = 0; index < fileClusters; index++) {
    link(first + index, index + 1 < fileClusters ? first + index + 1 : END_OF_CHAIN);
  }
  entry(directory, shortName(parts.name), 0, first, content.length);
  bytes.set(content, clusterAt(first));
  return { bytes, fileOffset: clusterAt(first) };
}

/** `BOOTX64.EFI` as a directory holds it. */
function shortName(name: string): string {
  const [stem = "", extension = ""] = name.split(".");
  if (!/^[A-Z0-9]{1,8}$/.test(stem) || !/^[A-Z0-9]{0,3}$/.test(extension)) {
    throw new RangeError(`${name} is no name of 8 and 3 characters`);
  }
  return stem.padEnd(8) + extension.padEnd(3);
}
