// Two block devices: each name is its own disk.
import { block, run } from "@soloist/runtime";

run([block("first"), block("second")], (first, second) => {
  for (const disk of [first, second]) disk.writeSync(0, new Uint8Array(disk.blockSize).fill(disk.name.charCodeAt(0)));
  console.log(`${first.blocks} ${second.blocks}`);
});
