export { createMdns } from "../sockets/mdns.ts";
