import type { NamedTcp, NamesParts } from "../sockets/connect.ts";
import type { Dns, DnsParts } from "../sockets/dns.ts";
import { leftOut } from "./left-out.ts";

export const createDns = (_parts: DnsParts): Dns => leftOut("dns", ["lookup", "resolve", "reverse"]);

/** Nobody names `connect`: there is nothing to add to it. */
export const withNames = ({ tcp }: NamesParts): NamedTcp => tcp as NamedTcp;
