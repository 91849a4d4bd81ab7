// Names: what an app that opens no connections may be built without.
export { withNames } from "../sockets/connect.ts";
export { createDns } from "../sockets/dns.ts";
