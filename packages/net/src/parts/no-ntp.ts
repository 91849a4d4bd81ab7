import type { Ntp, NtpParts } from "../sockets/ntp.ts";
import { leftOut } from "./left-out.ts";

export const createNtp = (_parts: NtpParts): Ntp => leftOut("ntp", ["sync", "keep"]);
