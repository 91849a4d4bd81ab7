import type { Logger } from "@soloist/interface";
import { afterEach, describe, expect, it, vi } from "vitest";
import { logFailure, logRefusal, useLog } from "../src/log.ts";

afterEach(() => {
  useLog(undefined);
  vi.restoreAllMocks();
});

const flow = { remote: { address: "10.0.0.9", port: 1 } };

describe("what the server logs", () => {
  it("goes to the host's logger called web", () => {
    const said: unknown[] = [];
    const note = (...args: unknown[]) => void said.push(args);
    useLog(
      (source): Logger => ({
        level: 0,
        debug: note,
        info: note,
        warn: note,
        error: (...args) => note(source, ...args),
      }),
    );
    const error = new TypeError("no");
    logFailure("A handler failed", error);
    logRefusal("header-too-large", flow);
    expect(said).toEqual([
      ["web", "A handler failed", { error }],
      ["refused", { code: "header-too-large", remote: "10.0.0.9" }],
    ]);
  });

  it("refusals: nothing above debug, without looking at the connection", () => {
    const fail = () => expect.unreachable();
    useLog((): Logger => ({ level: 1, debug: fail, info: fail, warn: fail, error: fail }));
    logRefusal("x", {
      get remote(): never {
        throw new Error("looked");
      },
    });
  });

  it("goes to the console where there is no logger", () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    logFailure("A handler failed", "why");
    logRefusal("x", flow);
    expect(print.mock.calls).toEqual([["A handler failed:", "why"]]);
  });
});
