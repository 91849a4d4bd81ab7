import fc from "fast-check";
import { expect, it } from "vitest";
import {
  FALSE,
  isException,
  isUndefined,
  NULL,
  numberOf,
  numberValue,
  TRUE,
  UNDEFINED,
} from "../../src/engine/values.ts";

it("every number survives the box, -0 and NaN too", () => {
  fc.assert(fc.property(fc.double(), (value) => void expect(numberOf(numberValue(value))).toBe(value)));
  fc.assert(fc.property(fc.integer(), (value) => void expect(numberOf(numberValue(value))).toBe(value)));
  for (const value of [0, -0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53]) {
    expect(numberOf(numberValue(value))).toBe(value);
  }
});

it("other values are no numbers", () => {
  for (const value of [UNDEFINED, NULL, TRUE, FALSE]) expect(numberOf(value)).toBeUndefined();
  expect(isUndefined(UNDEFINED)).toBe(true);
  expect(isException(UNDEFINED)).toBe(false);
});
