import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePattern } from "../../src/router/pattern.ts";
import { Router } from "../../src/router/router.ts";

function router(...patterns: string[]) {
  const made = new Router<string>();
  for (const pattern of patterns) {
    const [method, path] = pattern.split(" ") as [string, string];
    made.add(method, path, pattern);
  }
  return (method: string, path: string) => {
    const route = made.find(method, path, path.includes("%"));
    return route === undefined ? undefined : [route.handler, { ...made.params }];
  };
}

describe("router", () => {
  test.each([
    ["/", ["GET /", {}]],
    ["/a", ["GET /a", {}]],
    ["/a/", undefined],
    ["/users/7", ["GET /users/:id", { id: "7" }]],
    ["/users/", undefined],
    ["/users/7/posts/8", ["GET /users/:id/posts/:post", { id: "7", post: "8" }]],
    ["/users/7/posts", undefined],
    ["/files/", ["GET /files/*path", { path: "" }]],
    ["/files/x/y.z", ["GET /files/*path", { path: "x/y.z" }]],
    ["/files", undefined],
    ["/caf%C3%A9", ["GET /café", {}]],
    ["/users/a%2Fb%20c", ["GET /users/:id", { id: "a/b c" }]],
    ["/users/%F0%9F%98%80", ["GET /users/:id", { id: "😀" }]],
    ["//", undefined],
  ])("%s", (path, found) => {
    const find = router(
      "GET /",
      "GET /a",
      "GET /users/:id",
      "GET /users/:id/posts/:post",
      "GET /files/*path",
      "GET /café",
    );
    expect(find("GET", path)).toEqual(found);
  });

  test("the first declared of those that fit wins, whatever their kind", () => {
    const orders = ["GET /a/:x", "GET /a/b", "GET /a/*rest", "GET /:y/b", "* /a/b"];
    for (const first of orders) {
      const find = router(first, ...orders.filter((other) => other !== first));
      expect(find("GET", "/a/b")?.[0]).toBe(first);
    }
  });

  test("HEAD has a route of its own or that of GET", () => {
    const find = router("GET /a", "GET /b/:x", "HEAD /b/:x");
    expect(find("HEAD", "/a")?.[0]).toBe("GET /a");
    expect(find("HEAD", "/b/1")?.[0]).toBe("HEAD /b/:x");
  });

  test("any routes and paths: the same as trying each route in turn", () => {
    const segment = fc.constantFrom("a", "b", ":x", ":y");
    const pattern = fc
      .tuple(fc.uniqueArray(segment, { maxLength: 3 }), fc.boolean())
      .map(([segments, rest]) => `/${[...segments, ...(rest ? ["*z"] : [])].join("/")}`);
    const path = fc
      .array(fc.constantFrom("a", "b", "c", "%61", ""), { maxLength: 4 })
      .map((parts) => `/${parts.join("/")}`);
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (patterns, path) => {
        const find = router(...patterns.map((pattern) => `GET ${pattern}`));
        const expected = patterns.find((pattern) => matches(pattern, path));
        expect(find("GET", path)?.[0]).toBe(expected && `GET ${expected}`);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["a", "does not start"],
    ["/:", "names no parameter"],
    ["/:a-b", "names no parameter"],
    ["/:a/:a", "twice"],
    ["/*a/b", "nothing can follow"],
    ["/:__proto__", "__proto__"],
  ])("the pattern %s is a mistake", (pattern, message) => {
    expect(() => parsePattern(pattern)).toThrow(message);
  });
});

/** The plain meaning of a pattern. */
function matches(pattern: string, path: string): boolean {
  const parts = path.slice(1).split("/").map(decodeURIComponent);
  const segments = pattern.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith("*")) return parts.length > index;
    if (index >= parts.length) return false;
    if (segment.startsWith(":") ? parts[index] === "" : parts[index] !== segment) return false;
  }
  return parts.length === segments.length;
}
