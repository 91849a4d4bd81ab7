import { SoloistError } from "@soloist/interface";
import type { LookupFailure } from "./lookup.ts";

/** The name does not exist (`ENOTFOUND`), has no such records (`ENODATA`), or can be nobody's name (`EBADNAME`). */
export class NameNotFoundError extends SoloistError {
  readonly hostname: string;

  constructor(code: "ENOTFOUND" | "ENODATA" | "EBADNAME", message: string, hostname: string) {
    super(code, message);
    this.hostname = hostname;
  }
}

/** No name server answered in time: `ETIMEOUT`. */
export class NameTimedOutError extends SoloistError {
  readonly hostname: string;

  constructor(message: string, hostname: string) {
    super("ETIMEOUT", message);
    this.hostname = hostname;
  }
}

/**
 * The name servers failed (`ESERVFAIL`), refused (`EREFUSED`), did not understand (`EFORMERR`, `ENOTIMP`) or were not
 * understood (`EBADRESP`), could not be reached (`ECONNREFUSED`); there are none (`ENOSERVER`), or too many questions are
 * open (`ENOMEM`).
 */
export class NameServerError extends SoloistError {
  readonly hostname: string;

  constructor(code: string, message: string, hostname: string) {
    super(code, message);
    this.hostname = hostname;
  }
}

const MESSAGES: Record<LookupFailure, string> = {
  ENOTFOUND: "does not exist",
  ENODATA: "has no such records",
  EBADNAME: "is no domain name",
  ETIMEOUT: "was not answered by any name server in time",
  ESERVFAIL: "could not be resolved: the name server failed",
  EREFUSED: "could not be resolved: the name server refused to answer",
  EFORMERR: "could not be resolved: the name server did not understand the question",
  ENOTIMP: "could not be resolved: the name server does not know that kind of question",
  EBADRESP: "could not be resolved: the name server's answer makes no sense",
  ECONNREFUSED: "could not be resolved: no name server can be reached",
  ENOSERVER: "could not be resolved: there is no name server; give one with --dns=ADDRESS",
  ENOMEM: "could not be resolved: too many questions at once",
};

/** The error of a lookup that failed for this reason. @param asked what was asked for, such as "TXT" */
export function lookupError(failure: LookupFailure, hostname: string, asked: string): SoloistError {
  const message = `${hostname} (${asked}) ${MESSAGES[failure]}`;
  switch (failure) {
    case "ENOTFOUND":
    case "ENODATA":
    case "EBADNAME":
      return new NameNotFoundError(failure, message, hostname);
    case "ETIMEOUT":
      return new NameTimedOutError(message, hostname);
    default:
      return new NameServerError(failure, message, hostname);
  }
}
