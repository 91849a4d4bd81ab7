/**
 * For tests: contracts as suites, devices in memory, and hosts on a seeded cable in virtual time. Depends on `interface` only.
 *
 * @example Two stacks over a cable that loses one frame in twenty:
 * const simulation = new Simulation({ seed: 7, loss: 0.05, delay: 10 });
 * const a = await simulation.run(stack().open(simulation.addHost({ parameters: { ipv4: "10.0.0.1/24" } })));
 */

export { assertRange } from "./assert-range.ts";
export { blockDeviceSuite } from "./block-device-suite.ts";
export { byteHelpers, byteLoops } from "./byte-helpers.ts";
export { FakeClock, FakeHost, type FakeHostOptions } from "./fake-host.ts";
export { type FaultLine, type FaultOptions, FaultPlan, type FaultRates, faulty } from "./faults.ts";
export { flowStreams } from "./flow-streams.ts";
export { type FlowPair, flowSuite, readAll, type WithFlowPair } from "./flow-suite.ts";
export { type MemoryBlockDeviceOptions, memoryBlockDevice } from "./memory-block-device.ts";
export { type FuzzOutcome, type FuzzTarget, joinRecords, mutate, splitRecords } from "./mutations.ts";
export { type NetDevicePair, netDeviceSuite } from "./net-device-suite.ts";
export { cutSegments, offloading } from "./offloading.ts";
export { numbers, PowerDevice, type PowerOptions } from "./power-device.ts";
export { loopback, pipe, QueueDevice, type QueueDeviceOptions } from "./queue-device.ts";
export { type SeededRng, seededRng } from "./seeded-rng.ts";
export { segmentHelpers } from "./segment-helpers.ts";
export { type HostOptions, type LinkOptions, Simulation, type SimulationOptions } from "./simulation.ts";
export { type Case, check, checkBytes, checkCode, checkEqual, pattern } from "./suite.ts";
