export { createNtp } from "../sockets/ntp.ts";
