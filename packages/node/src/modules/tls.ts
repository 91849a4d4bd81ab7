/** `tls`: there, so that clients that could use it load; whatever opens a connection throws. */
import { refuses } from "../errors.ts";

const WHY =
  "TLS is not implemented; turn it off in the client, and keep the connection within a network that you trust";

export const connect: (...args: unknown[]) => never = refuses("tls.connect", WHY);
export const createServer: (...args: unknown[]) => never = refuses("tls.createServer", WHY);
export const createSecureContext: (...args: unknown[]) => never = refuses("tls.createSecureContext", WHY);
export const checkServerIdentity: (...args: unknown[]) => never = refuses("tls.checkServerIdentity", WHY);

export class TLSSocket {
  constructor() {
    refuses("new tls.TLSSocket", WHY)();
  }
}

export const rootCertificates: readonly string[] = [];
export default { connect, createServer, createSecureContext, checkServerIdentity, TLSSocket, rootCertificates };
