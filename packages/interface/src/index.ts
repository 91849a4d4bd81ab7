/**
 * What Soloist's packages say to each other: types and error classes, nothing that runs.
 *
 * `runtime` implements {@link Host}; `net` turns a {@link NetDevice} into {@link Listener}s and {@link Flow}s; `web` serves
 * HTTP over any Listener. None of them sees another: an app composes them.
 */
export type { BlockDevice } from "./block-device.ts";
export type { ByteHelpers, SegmentHelpers } from "./byte-helpers.ts";
export type { Clock } from "./clock.ts";
export type { Device, Host, ManifestEntry, Opened, Pollable, Wakeup } from "./device.ts";
export { SoloistError } from "./errors.ts";
export type { Connector, Endpoint, Flow, Listener, WaitOptions } from "./flow.ts";
export type { LogFields, Logger } from "./log.ts";
export type { NetCounters, NetDevice, NetOffloads } from "./net-device.ts";
export type { Parameter, ParameterValues } from "./parameter.ts";
export type { FileStat, ReadFs } from "./read-fs.ts";
export type { EntropySource, Rng, SeededRng } from "./rng.ts";
export type { Metric, StatusSource } from "./status.ts";
