// patient GUEST upload|download SECONDS RATE: sends the pattern of apps/peer.ts to its port 13, or takes that of its port 14, so many
// bytes a second for so long.
// patient GUEST closed|stopped SECONDS: sends a megabyte to a reader that reads nothing for so long, or is one itself.
// Prints {"sent","received","wrong","info"}: bytes that were sent, and received at the other end; where the first wrong one was, or
// -1; and what `ss -ti` said of the connection at the end of the time.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { CHUNK, PERIOD, patternTable } from "../apps/pattern.ts";

const [guest, verb, seconds, rate = "0"] = process.argv.slice(2) as [string, string, string, string?];
const table = Buffer.from(patternTable().buffer);
const duration = Number(seconds) * 1000;
const STEP = 50;
const WAITING = 1_000_000;

const started = performance.now();
const isTimeLeft = () => performance.now() - started < duration;
const socket = connect(verb === "upload" || verb === "closed" ? 13 : 14, guest);
await once(socket, "connect");
const info = (): string =>
  execFileSync("ss", ["-tinoH", "state", "connected", "sport", "=", `:${socket.localPort}`], { encoding: "utf8" })
    .replace(/\s+/g, " ")
    .trim();

let sent = 0;
async function send(length: number): Promise<void> {
  for (const end = sent + length; sent < end; ) {
    const at = sent % PERIOD;
    const size = Math.min(CHUNK, end - sent);
    sent += size;
    if (!socket.write(table.subarray(at, at + size))) await once(socket, "drain");
  }
}

let received = 0;
let wrong = -1;
/** Takes `length` bytes or more. */
async function take(length: number): Promise<void> {
  for (const end = received + length; received < end; ) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await once(socket, "readable");
      continue;
    }
    for (let at = 0; at < chunk.length && wrong < 0; at += CHUNK) {
      const place = (received + at) % PERIOD;
      const size = Math.min(CHUNK, chunk.length - at);
      if (chunk.compare(table, place, place + size, at, at + size) !== 0) wrong = received + at;
    }
    received += chunk.length;
  }
}

/** Does a step's share of the work, and waits for the next step, until time is up. */
async function steadily(work: (bytes: number) => Promise<void>): Promise<void> {
  const share = Math.floor((Number(rate) * STEP) / 1000);
  while (isTimeLeft()) {
    await work(share);
    await sleep(STEP);
  }
}

/** Ends what was sent, and hears what arrived. */
async function finish(): Promise<object> {
  const said = info();
  socket.end();
  return { sent, ...(JSON.parse(await text(socket)) as object), info: said };
}

async function result(): Promise<object> {
  switch (verb) {
    case "upload":
      socket.write("0\n");
      await steadily(send);
      return finish();
    case "closed": {
      socket.write(`${seconds}\n`);
      const sending = send(WAITING);
      await sleep(duration - 1000);
      const said = info();
      await sending;
      return { ...(await finish()), info: said };
    }
    case "download":
      await steadily(take);
      break;
    default:
      await sleep(duration);
  }
  const said = info();
  await take(WAITING);
  socket.destroy();
  return { received, wrong, info: said };
}

console.log(JSON.stringify(await result()));
