// Whole blocks, written and read, at once and scheduled; what is wrong is refused by code.
import { SoloistError } from "@soloist/interface";
import { block, run } from "@soloist/runtime";

run([block("storage")], async (disk) => {
  console.log(`${disk.blocks} blocks of ${disk.blockSize}`);
  const written = new Uint8Array(disk.blockSize).map((_, index) => (index * 7) & 255);
  disk.writeSync(0, written);
  await disk.write(disk.blocks - 1, written);
  const several = new Uint8Array(disk.blockSize * 3).fill(0x5a);
  await disk.write(4, several);
  const read = new Uint8Array(disk.blockSize);
  for (const number of [0, disk.blocks - 1]) {
    disk.readSync(number, read.fill(0));
    if (!read.every((byte, index) => byte === written[index])) console.log(`block ${number} is wrong`);
  }
  const readSeveral = new Uint8Array(disk.blockSize * 3);
  await disk.read(4, readSeveral);
  if (!readSeveral.every((byte) => byte === 0x5a)) console.log("several blocks are wrong");

  const refused = (attempt: () => void) => {
    try {
      attempt();
      return "accepted";
    } catch (error) {
      return error instanceof SoloistError ? error.code : String(error);
    }
  };
  console.log(refused(() => disk.readSync(disk.blocks, read)));
  console.log(refused(() => disk.readSync(-1, read)));
  console.log(refused(() => disk.readSync(0.5, read)));
  console.log(refused(() => disk.readSync(0, new Uint8Array(disk.blockSize + 1))));
  console.log(refused(() => disk.writeSync(0, new Uint8Array(0))));
  console.log(refused(() => disk.writeSync(disk.blocks - 1, several)));
  console.log("SUCCESS");
});
