import { describe, expect, test } from "vitest";
import { ArgumentError, parseArguments, splitCommandLine } from "../src/arguments.ts";
import { boolean, integer, oneOf, text } from "../src/parse.ts";

describe("splitting", () => {
  test.each([
    ["", []],
    ["  \t ", []],
    ["--a=1 --b=2", ["--a=1", "--b=2"]],
    ['--who="Ada Lovelace"', ["--who=Ada Lovelace"]],
    ['"--who=Ada Lovelace"', ["--who=Ada Lovelace"]],
    ['--a="" b', ["--a=", "b"]],
    ['""', [""]],
    [String.raw`--a="say \"hi\" \\ \n"`, [String.raw`--a=say "hi" \ \n`]],
    [String.raw`--path=C:\dir`, [String.raw`--path=C:\dir`]],
    ["--a='x y'", ["--a='x", "y'"]],
  ] as [string, string[]][])("%s", (line, words) => {
    expect(splitCommandLine(line)).toEqual(words);
  });

  test("an open quote is an ArgumentError", () => {
    expect(() => splitCommandLine('--a="b')).toThrow(ArgumentError);
  });
});

describe("values", () => {
  const verbose = { name: "verbose", help: "", default: false, parse: boolean() };
  const name = { name: "name", help: "", placeholder: "NAME", parse: text() };

  test("a flag alone is true, and can be given a value", () => {
    expect(parseArguments(["--verbose"], [verbose]).get("verbose")).toBe(true);
    expect(parseArguments(["--verbose=no"], [verbose]).get("verbose")).toBe(false);
    expect(parseArguments([], [verbose]).get("verbose")).toBe(false);
  });

  test("a value may hold equals signs", () => {
    expect(parseArguments(["--name=a=b"], [name]).get("name")).toBe("a=b");
  });

  test("a key without default that is absent has no value", () => {
    expect(parseArguments([], [name]).has("name")).toBe(false);
  });

  test("the parser's error is the cause", () => {
    expect(() => parseArguments(["--name="], [name])).toThrow(
      expect.objectContaining({ code: "ERR_ARGUMENT", cause: expect.any(RangeError) }),
    );
  });
});

describe("parsers", () => {
  test.each([
    [integer(), "-12", -12],
    [integer({ min: 1 }), "1", 1],
    [boolean(), "on", true],
    [oneOf("a", "b"), "b", "b"],
    [text({ pattern: /[a-z]+/ }), "abc", "abc"],
  ] as [(text: string) => unknown, string, unknown][])("case %#", (parse, given, value) => {
    expect(parse(given)).toBe(value);
  });

  test.each([
    [integer(), "1.5", 'expected a whole number, not "1.5"'],
    [integer(), "0x10", 'expected a whole number, not "0x10"'],
    [integer(), "", 'expected a whole number, not ""'],
    [integer(), "9007199254740993", 'expected a whole number, not "9007199254740993"'],
    [integer({ min: 1 }), "0", 'expected a whole number of at least 1, not "0"'],
    [integer({ max: 9 }), "10", 'expected a whole number of at most 9, not "10"'],
    [boolean(), "maybe", 'expected true or false, not "maybe"'],
    [oneOf("a", "b"), "c", 'expected one of a, b, not "c"'],
    [text(), "", 'expected some text, not ""'],
    [text({ pattern: /[a-z]+/, expected: "lower-case letters" }), "abC", 'expected lower-case letters, not "abC"'],
  ] as [(text: string) => unknown, string, string][])("case %# is refused", (parse, given, message) => {
    expect(() => parse(given)).toThrow(new RangeError(message));
  });
});
