import { connect } from "node:net";
import type { Connector } from "@soloist/interface";
import { NodeFlow } from "../node-listener.ts";

/** Connects over loopback, whatever the host is called. */
export const loopback: Connector = {
  connect: ({ port, signal }) =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const onAbort = () => {
        socket.destroy();
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        signal?.removeEventListener("abort", onAbort);
        socket.removeAllListeners("error");
        resolve(new NodeFlow(socket));
      });
    }),
};
