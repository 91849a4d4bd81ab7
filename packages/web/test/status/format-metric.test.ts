import { expect, it } from "vitest";
import { formatMetric } from "../../src/status/format-metric.ts";

it.each([
  ["a_bytes", 0, "0 B"],
  ["a_bytes", 1023, "1023 B"],
  ["a_bytes", 1536, "1.5 KiB"],
  ["a_seconds", 0, "0 s"],
  ["a_seconds", 0.000_012, "12 µs"],
  ["a_seconds", 90, "90.0 s"],
  ["a_seconds", 3600, "60 min 0 s"],
  ["a_seconds", 86_400 * 3, "3 d 0 h"],
  ["a_seconds", 1_767_225_600, "2026-01-01 00:00:00 UTC"],
  ["a_total", 12_345, "12 345"],
  ["a", 0.123_456, "0.1235"],
] as const)("%s %d is shown as %s", (name, value, shown) => {
  expect(formatMetric({ name, value, help: "", type: "gauge" })).toBe(shown);
});
