// Both clocks go on, sleep as long as asked, and the wall clock says today.
import { integer, parameter, run } from "@soloist/runtime";

const now = parameter("now", {
  help: "seconds since the epoch, as the host has it",
  placeholder: "S",
  parse: integer(),
});

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

run([now], async (now) => {
  const wrong: string[] = [];
  let last = performance.now();
  for (let i = 0; i < 10_000; i++) {
    const at = performance.now();
    if (at < last) wrong.push(`monotonic went back from ${last} to ${at}`);
    last = at;
  }
  const start = performance.now();
  const wall = Date.now();
  await sleep(1000);
  const slept = performance.now() - start;
  const walled = Date.now() - wall;
  // Upper bounds are far away: a busy host may run us late, never early.
  if (slept < 999 || slept > 60_000) wrong.push(`slept ${slept} ms for 1000`);
  if (Math.abs(walled - slept) > 5000) wrong.push(`the wall clock went ${walled} ms in ${slept}`);
  if (now !== undefined && Math.abs(Date.now() / 1000 - now) > 60) wrong.push(`it is ${now}, not ${Date.now() / 1000}`);
  if (new Date(Date.now()).getUTCFullYear() < 2024) wrong.push(new Date(Date.now()).toISOString());
  console.log(wrong.length === 0 ? "SUCCESS" : wrong.join("\n"));
});
