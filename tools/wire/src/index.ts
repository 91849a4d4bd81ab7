/**
 * Virtual cabling for tests and benchmarks: network namespaces with taps, a bad cable, and raw frames.
 *
 * @example A guest on `tap0`, a client's address on `tap1`, and 5 % of the frames between them lost:
 * using net = new Namespace();
 * net.tap("tap0");
 * net.tap("tap1", "10.0.0.1/24");
 * await using cable = await connect(`packet:tap0@${net.name}`, `tap:tap1@${net.name}`, { seed: 1, loss: 5 });
 */
export { connect, type Impairment, inject, plan, type Wire, type WireCounters } from "./cable.ts";
export { type Flood, flood } from "./flood.ts";
export * as frames from "./frames.ts";
export { Namespace, namespacesMissing } from "./namespace.ts";
export { type Plug, plug } from "./plug.ts";
export { type Connection, ScriptedPeer } from "./scripted-peer.ts";
