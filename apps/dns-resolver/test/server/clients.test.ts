import { describe, expect, it } from "vitest";
import { addressBytes, Clients, isIn, OWN_NETWORKS, parseNetwork } from "../../src/server/clients.ts";

const own = (address: string) => isIn(OWN_NETWORKS, addressBytes(address)!);

describe("own networks", () => {
  it.each(["10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "fd12::1", "fe80::1", "::1"])(
    "hold %s",
    (address) => expect(own(address)).toBe(true),
  );
  it.each(["8.8.8.8", "172.32.0.1", "172.15.255.255", "11.0.0.1", "2001:db8::1", "::2", "ff02::1"])(
    "do not hold %s",
    (address) => expect(own(address)).toBe(false),
  );
  it.each(["10.0.0.0/33", "10.0.0.0", "fd00::/129", "fd00::", "x/8", "10.0.0.0/8/8"])("are not written %s", (text) =>
    expect(parseNetwork(text)).toBeUndefined(),
  );
});

describe("clients", () => {
  it("of other networks are refused, and after a second's replies dropped", () => {
    const clients = new Clients(OWN_NETWORKS, 2);
    expect([1, 2, 3, 4].map(() => clients.judge("8.8.8.8", false, 0))).toEqual(["refuse", "refuse", "drop", "drop"]);
  });

  it("beyond their rate are dropped, every second one told to come over TCP", () => {
    const clients = new Clients(OWN_NETWORKS, 2);
    const verdicts = Array.from({ length: 6 }, () => clients.judge("10.0.0.1", false, 0));
    expect(verdicts).toEqual(["serve", "serve", "drop", "truncate", "drop", "truncate"]);
    expect(clients.judge("10.0.0.1", true, 0)).toBe("serve");
    expect(clients.judge("10.0.0.2", false, 0)).toBe("serve");
  });

  it("may ask again as time goes by", () => {
    const clients = new Clients(OWN_NETWORKS, 2);
    clients.judge("10.0.0.1", false, 0);
    clients.judge("10.0.0.1", false, 0);
    expect(clients.judge("10.0.0.1", false, 400)).toBe("drop");
    expect(clients.judge("10.0.0.1", false, 600)).toBe("serve");
  });

  it("are forgotten when there are too many", () => {
    const clients = new Clients(OWN_NETWORKS, 2);
    for (let index = 0; index < 10_000; index++) clients.judge(`10.1.${index >> 8}.${index & 255}`, false, 0);
    expect(clients.size).toBe(4096);
  });
});
