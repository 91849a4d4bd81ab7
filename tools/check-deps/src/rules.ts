/** What a folder of the repository may import. Written once: CONTRIBUTING.md's table is this one in words. */
export interface Rule {
  /** Workspace folders (as patterns with one `*`) whose packages `src` may import. */
  readonly sees: readonly string[];
  /** Runs inside an image: no Node module, no package from outside but those of `guestLibraries`. */
  readonly guest: boolean;
}

const interfaceOnly: Rule = { sees: ["packages/interface"], guest: true };

/** A package whose folder is not listed is a violation: whoever adds one says here what it may see. */
export const rules: Readonly<Record<string, Rule>> = {
  "packages/interface": { sees: [], guest: true },
  "packages/runtime": interfaceOnly,
  "packages/rng": interfaceOnly,
  "packages/net": interfaceOnly,
  "packages/web": interfaceOnly,
  "packages/node": { sees: ["packages/interface", "packages/net"], guest: true },
  "packages/testing": { sees: ["packages/interface"], guest: false },
  "packages/crunch": { sees: ["packages/interface"], guest: false },
  "packages/kv": interfaceOnly,
  "packages/unix": { sees: ["packages/interface", "packages/net", "packages/testing"], guest: false },
  "packages/kernel": { sees: [], guest: false },
  "packages/tender": { sees: [], guest: false },
  "packages/toolchain": {
    sees: [
      "packages/interface",
      "packages/kernel",
      "packages/tender",
      "packages/crunch",
      "packages/runtime",
      "packages/rng",
      "packages/unix",
    ],
    guest: false,
  },
  "packages/create-soloist": { sees: [], guest: false },
  "apps/*": { sees: ["packages/*"], guest: true },
  "tools/*": { sees: ["packages/*", "tools/*"], guest: false },
};

/** What the tests of every package may import beyond its rule. */
export const testsSee: readonly string[] = ["packages/testing", "tools/*"];

/** Modules that the kernel and the engine bring, with all below them (`native:engine/url`). `files`: how many files of the folder may import one; tests do not count. */
export const nativeModules: Readonly<Record<string, { readonly folder: string; readonly files: number }>> = {
  "native:platform": { folder: "packages/runtime", files: 1 },
  "native:engine": { folder: "packages/runtime", files: Number.POSITIVE_INFINITY },
};

/** Libraries that may end up in images. Each adds code to every app that reaches it. */
export const guestLibraries: readonly string[] = [
  "@noble/curves",
  "@noble/hashes",
  "buffer",
  "events",
  "fflate",
  "jose",
  "qr",
  "readable-stream",
  "string_decoder",
  "web-streams-polyfill",
];
