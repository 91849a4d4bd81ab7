import type { Mdns, MdnsParts } from "../sockets/mdns.ts";
import { leftOut } from "./left-out.ts";

export const createMdns = (_parts: MdnsParts): Mdns => leftOut("mdns", ["publish"]);
