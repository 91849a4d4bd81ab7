// What the debugging tools look at: a status page, and work that takes long enough to be seen.
import { stack, stackStatus } from "@soloist/net";
import { machineStatus, run } from "@soloist/runtime";
import { createApp, createCounters, httpStatus, serve, status } from "@soloist/web";

const counters = createCounters();

function sumOfDigits(number: number): number {
  let sum = 0;
  for (let rest = number; rest > 0; rest = (rest - (rest % 10)) / 10) sum += rest % 10;
  return sum;
}

function busyWork(until: number): number {
  let total = 0;
  for (let number = 0; performance.now() < until; number++) total += sumOfDigits(number);
  return total;
}

const app = createApp()
  .get("/work/:milliseconds", ({ params }) => `${busyWork(performance.now() + Number(params.milliseconds))}\n`)
  .get("/fail", () => {
    throw new TypeError("a handler that fails");
  });

run([stack({ name: "service" })], async (network) => {
  app.mount("/_soloist", status([machineStatus(), stackStatus(network), httpStatus(counters)]));
  const listener = network.tcp.listen({ port: 80 });
  console.log("Listening on port 80");
  await serve(listener, app, { counters });
});
