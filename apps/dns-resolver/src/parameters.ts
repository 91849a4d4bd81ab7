import type { Endpoint } from "@soloist/interface";
import { addressBytes, type Network, parseNetwork } from "./server/clients.ts";

/** What the command line's values are parsed with: each throws an error that says what is expected. */

/** `10.0.0.1`, `10.0.0.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
export function endpoints(text: string): readonly Endpoint[] {
  return text.split(",").map((each) => {
    const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(each);
    const address = match?.[1] ?? match?.[2] ?? each;
    const port = Number(match?.[3] ?? 53);
    if (addressBytes(address) === undefined || port < 1 || port > 65_535) {
      throw new RangeError(`expected addresses such as 10.0.0.1 or 10.0.0.1:5353, not ${JSON.stringify(each)}`);
    }
    return { address, port };
  });
}

export function addresses(text: string): readonly string[] {
  return text.split(",").map((each) => {
    if (addressBytes(each) === undefined) throw new RangeError(`expected addresses, not ${JSON.stringify(each)}`);
    return each;
  });
}

export function networks(text: string): readonly Network[] {
  return text.split(",").map((each) => {
    const network = parseNetwork(each);
    if (network === undefined)
      throw new RangeError(`expected networks such as 203.0.113.0/24, not ${JSON.stringify(each)}`);
    return network;
  });
}

/** In lower case, without dots at their ends. */
export function names(text: string): readonly string[] {
  return text.split(",").map((each) => {
    const name = each.trim().toLowerCase().replace(/\.$/, "");
    if (!/^[a-z\d_-]+(\.[a-z\d_-]+)*$/.test(name)) {
      throw new RangeError(`expected names such as example.org, not ${JSON.stringify(each)}`);
    }
    return name;
  });
}
