/**
 * What takes the place of `@soloist/net` in an app that runs on Node.js with its own stack: the same, with an eye on the
 * ports that it listens to, so that the gateway at the other end of the link can open them on the host.
 */
import type { Device } from "@soloist/interface";
import { stack as realStack, type Stack, type StackOptions } from "@soloist/net";
import { forward, openWayOut } from "./gateway.ts";
import { noteStack } from "./link.ts";

export * from "@soloist/net";

export function stack(options: StackOptions = {}): Device<Stack> {
  const real = realStack(options);
  const name = options.name ?? "service";
  noteStack(name);
  return {
    ...real,
    async open(host) {
      const opened = await real.open(host);
      openWayOut(name);
      const { tcp, udp } = opened;
      const address = (): string => opened.ipv4?.address ?? "";
      return Object.create(opened, {
        tcp: {
          enumerable: true,
          value: {
            ...tcp,
            listen(wanted: Parameters<typeof tcp.listen>[0]) {
              const listener = tcp.listen(wanted);
              const closed = forward(name, "tcp", address(), listener.local.port);
              const { close } = listener;
              listener.close = () => {
                closed();
                close.call(listener);
              };
              return listener;
            },
          },
        },
        udp: {
          enumerable: true,
          value: {
            ...udp,
            bind(wanted: Parameters<typeof udp.bind>[0] = {}) {
              const socket = udp.bind(wanted);
              if (wanted.port === undefined || wanted.port === 0) return socket;
              const closed = forward(name, "udp", address(), socket.local.port);
              const { close } = socket;
              socket.close = () => {
                closed();
                close();
              };
              return socket;
            },
          },
        },
      }) as Stack;
    },
  };
}
