export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.2:7`, `echo.example.org:7`, `[2001:db8::2]:7`; port 7 when it is left out. Throws for anything else. */
export function peer(text: string): Peer {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 7);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new RangeError(`expected a peer such as 10.0.0.2:7 or [2001:db8::2]:7, not ${JSON.stringify(text)}`);
  }
  return { host, port };
}
