import { describe, expect, it } from "vitest";
import { clientOf } from "../src/guards.ts";

describe("rates are counted", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:db8::6", "2001:db8:0:0"],
    ["fe80::", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["", ""],
  ])("%s for %s", (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
