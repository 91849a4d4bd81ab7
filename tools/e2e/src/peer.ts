import { type Place, runIn } from "./clients.ts";
import { GUEST } from "./guest.ts";

/** What apps/peer.ts says of its stack: `usage`, `counters`, and what became of its connections. */
export interface PeerStatus {
  /** Flows that were accepted and are still in memory. */
  readonly alive: number;
  readonly connections: number;
  readonly bufferBytes: number;
  readonly fragmentBytes: number;
  readonly neighbours: number;
  /** Of IPv6, that are remembered. */
  readonly addresses: number;
  readonly tcp: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  /** Connections that ended badly, by code. */
  readonly failures: Readonly<Record<string, number>>;
}

const ASK = "const s = require('node:net').connect(1, process.argv[1]); s.end('status'); s.pipe(process.stdout);";

/** Asks it, over a connection of its own. */
export async function peerStatus(place: Place, address: string = GUEST): Promise<PeerStatus> {
  const { stdout, stderr } = await runIn(place, process.execPath, ["-e", ASK, address]);
  if (stdout === "") throw new Error(`the guest says nothing: ${stderr}`);
  return JSON.parse(stdout) as PeerStatus;
}
