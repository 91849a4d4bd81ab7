// A task that never waits for anything but makes jobs: timers and the network go on.
import { run } from "@soloist/runtime";

run([], async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  const end = performance.now() + 30_000;
  while (ticks < 10 && performance.now() < end) await Promise.resolve();
  clearInterval(timer);
  console.log(ticks >= 10 ? "SUCCESS" : `only ${ticks} ticks in 30 s`);
});
