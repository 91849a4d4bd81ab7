import { promises } from "node:dns";
import { isIP } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import type { SoloistError } from "@soloist/interface";
import {
  createDnsCounters,
  type Dns,
  NameNotFoundError,
  NameServerError,
  NameTimedOutError,
  type RecordResults,
  type ResolveOptions,
} from "@soloist/net";
import { wake } from "../machine.ts";

/** Names by the host's resolver; `servers` asks these in its place. */
export function createHostDns(servers: readonly string[] | undefined): Dns {
  const resolver = new promises.Resolver();
  if (servers !== undefined) resolver.setServers(servers);

  const ask = async <T>(name: string, asked: string, options: ResolveOptions, answer: () => Promise<T>): Promise<T> => {
    options.signal?.throwIfAborted();
    try {
      return await limited(answer(), name, asked, options);
    } catch (error) {
      throw lookupFailure(error, `${name} (${asked})`, name) ?? error;
    } finally {
      wake();
    }
  };
  return {
    async lookup(name, options = {}) {
      const { family = 4 } = options;
      if (isIP(name) !== 0) return [{ address: name, family: isIP(name) as 4 | 6 }];
      const found = await ask(name, family === 6 ? "AAAA" : "A", options, () =>
        servers === undefined
          ? promises.lookup(name, { all: true, family, order: "ipv4first" })
          : resolveBoth(resolver, name, family),
      );
      return found.map((one) => ({ address: one.address, family: one.family as 4 | 6 }));
    },
    async resolve(name, type, options = {}) {
      const asked = type ?? "A";
      const found = await ask(name, asked, options, () => resolver.resolve(name, asked) as Promise<unknown>);
      return found as RecordResults[NonNullable<typeof type>];
    },
    reverse: (address, options = {}) => ask(address, "PTR", options, () => resolver.reverse(address)),
    get servers() {
      return resolver.getServers();
    },
    counters: createDnsCounters(),
  };
}

async function resolveBoth(resolver: promises.Resolver, name: string, family: 0 | 4 | 6) {
  const one = async (number: 4 | 6) =>
    (await (number === 4 ? resolver.resolve4(name) : resolver.resolve6(name))).map((address) => ({
      address,
      family: number,
    }));
  if (family !== 0) return one(family);
  const [first, second] = await Promise.allSettled([one(4), one(6)]);
  if (first.status === "rejected" && second.status === "rejected") throw first.reason;
  return [first, second].flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

async function limited<T>(answer: Promise<T>, name: string, asked: string, options: ResolveOptions): Promise<T> {
  const { signal, timeout } = options;
  if (signal === undefined && timeout === undefined) return answer;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal!.reason);
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => reject(new NameTimedOutError(`${name} (${asked}) was not answered in time`, name)), timeout);
    signal?.addEventListener("abort", onAbort);
    answer.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  });
}

/** The error of a lookup that Node.js's stands for; undefined when it is none. */
export function lookupFailure(error: unknown, asked: string, name: string = asked): SoloistError | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOTFOUND":
    case "ENODATA":
      return new NameNotFoundError(
        code,
        `${asked} ${code === "ENODATA" ? "has no such records" : "does not exist"}`,
        name,
      );
    case "EBADNAME":
      return new NameNotFoundError("EBADNAME", `${asked} is no domain name`, name);
    case "ETIMEOUT":
      return new NameTimedOutError(`${asked} was not answered by any name server in time`, name);
    // getaddrinfo's word for "ask again later".
    case "EAI_AGAIN":
      return new NameServerError("ESERVFAIL", `${asked} could not be resolved: the host's name servers failed`, name);
    case "ESERVFAIL":
    case "EREFUSED":
    case "EFORMERR":
    case "ENOTIMP":
    case "EBADRESP":
      return new NameServerError(code, `${asked} could not be resolved: ${message}`, name);
    default:
      return undefined;
  }
}
