/** `net`: TCP over the stack that `run` opened. */

export { isIP, isIPv4, isIPv6 } from "../net/addresses.ts";
export { createServer, Server } from "../net/server.ts";
export { connect, createConnection, Socket, Socket as Stream } from "../net/socket.ts";

import { isIP, isIPv4, isIPv6 } from "../net/addresses.ts";
import { createServer, Server } from "../net/server.ts";
import { connect, createConnection, Socket } from "../net/socket.ts";

export default { connect, createConnection, Socket, Stream: Socket, createServer, Server, isIP, isIPv4, isIPv6 };
