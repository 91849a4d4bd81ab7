/**
 * What takes the place of `@soloist/net` in an app that runs on Node.js: the same, but for `stack()`, whose sockets are the
 * host's.
 */
import type { Device, Host, Parameter } from "@soloist/interface";
import { stack as realStack, registerStack, type Stack, type StackOptions } from "@soloist/net";
import { openHostStack, type StackParameters } from "./sockets/stack.ts";

export * from "@soloist/net";

/** Takes the same keys of the command line as the image's. */
export function stack(options: StackOptions = {}): Device<Stack> {
  const real = realStack(options);
  const value = (host: Host, name: string): unknown => {
    const parameter = real.parameters.find((one: Parameter) => one.name.endsWith(name));
    return parameter && host.parameter(parameter);
  };
  return {
    manifest: real.manifest,
    parameters: real.parameters,
    open: (host) => {
      const dns = value(host, "dns");
      return registerStack(
        openHostStack(host, {
          addresses: value(host, "ipv4") as StackParameters["addresses"],
          dns: dns === "dhcp" ? undefined : (dns as StackParameters["dns"]),
        }),
      );
    },
  };
}
