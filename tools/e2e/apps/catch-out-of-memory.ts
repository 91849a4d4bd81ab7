// One allocation that cannot be: an error that the app can catch, and memory is there again afterwards.
import { run } from "@soloist/runtime";

run([], () => {
  for (let i = 0; i < 3; i++) {
    try {
      new Uint8Array(1_000_000_000).fill(1);
      console.log("allocated");
    } catch (error) {
      console.log(`caught ${(error as Error).name}`);
    }
  }
  console.log(new Uint8Array(1_000_000).fill(1).reduce((a, b) => a + b, 0));
});
