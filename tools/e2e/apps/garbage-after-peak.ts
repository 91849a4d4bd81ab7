// A peak that fills most of memory, then cycles in small portions, more of them than memory could hold.
import { run, sleep } from "@soloist/runtime";

/** About 1 KB that only a search for cycles frees. */
function cycle(): object {
  const first: { next?: object; bytes: Uint8Array } = { bytes: new Uint8Array(700) };
  first.next = { first, name: `cycle ${first.bytes.length}` };
  return first;
}

run([], async () => {
  let peak: object[] | undefined = [];
  for (let turn = 0; turn < 28; turn++) {
    for (let i = 0; i < 1000; i++) peak.push(cycle());
    await sleep(0);
  }
  console.log("peak", peak.length);
  peak = undefined;
  for (let turn = 0; turn < 400; turn++) {
    for (let i = 0; i < 250; i++) cycle();
    await sleep(0);
  }
  console.log("still alive");
});
