/** `dns`: {@link promises} with callbacks. */
import promises, { getServers, type LookupAddress, type LookupOptions } from "./dns/promises.ts";

export { getServers, promises };

type Done = (error: Error | null, ...results: unknown[]) => void;

export const NODATA = "ENODATA";
export const NOTFOUND = "ENOTFOUND";
export const SERVFAIL = "ESERVFAIL";
export const TIMEOUT = "ETIMEOUT";
export const CONNREFUSED = "ECONNREFUSED";

/** `lookup(hostname, options?, done)`: `done(error, address, family)`, or `done(error, addresses)` with `all`. */
export function lookup(hostname: string, ...args: unknown[]): void {
  const done = args.at(-1) as Done;
  const options = (typeof args[0] === "function" ? {} : (args[0] ?? {})) as LookupOptions | number;
  promises.lookup(hostname, options).then(
    (found) => {
      if (Array.isArray(found)) done(null, found);
      else done(null, (found as LookupAddress).address, (found as LookupAddress).family);
    },
    (error) => done(error),
  );
}

function withCallback(work: (argument: string) => Promise<unknown>): (argument: string, ...rest: unknown[]) => void {
  return (argument, ...rest) => {
    const done = rest.at(-1) as Done;
    work(argument).then(
      (result) => done(null, result),
      (error) => done(error),
    );
  };
}

/** `resolve(hostname, type?, done)` */
export function resolve(hostname: string, ...args: unknown[]): void {
  const type = typeof args[0] === "string" ? args[0] : "A";
  withCallback((name) => promises.resolve(name, type as "A"))(hostname, ...args);
}

type WithCallback = ReturnType<typeof withCallback>;

export const resolve4: WithCallback = withCallback(promises.resolve4);
export const resolve6: WithCallback = withCallback(promises.resolve6);
export const resolveCname: WithCallback = withCallback(promises.resolveCname);
export const resolveNs: WithCallback = withCallback(promises.resolveNs);
export const resolvePtr: WithCallback = withCallback(promises.resolvePtr);
export const resolveSoa: WithCallback = withCallback(promises.resolveSoa);
export const resolveSrv: WithCallback = withCallback(promises.resolveSrv);
export const resolveTxt: WithCallback = withCallback(promises.resolveTxt);
export const reverse: WithCallback = withCallback(promises.reverse);

export default {
  promises,
  lookup,
  resolve,
  resolve4,
  resolve6,
  resolveCname,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTxt,
  reverse,
  getServers,
  NODATA,
  NOTFOUND,
  SERVFAIL,
  TIMEOUT,
  CONNREFUSED,
};
