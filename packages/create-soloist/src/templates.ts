/** A project that can be written: the files in templates/NAME, and what its package.json says. */
export interface Template {
  readonly name: string;
  /** What it is, in a few words. */
  readonly summary: string;
  readonly scripts: { readonly dev?: string; readonly start: string; readonly build: string };
  /** Soloist's packages that its image is made of. */
  readonly packages: readonly string[];
  /** What its `npm start` does. */
  readonly starts: string;
}

export const TEMPLATES: readonly Template[] = [
  {
    name: "hello",
    summary: "prints a line and ends",
    scripts: { start: "soloist run --target spt", build: "soloist build --target spt" },
    packages: ["@soloist/interface", "@soloist/runtime"],
    starts: "boots it as a sandboxed process",
  },
  {
    name: "echo",
    summary: "a TCP server that sends back what it gets",
    scripts: { start: "soloist run -p 7007:7", build: "soloist build" },
    packages: ["@soloist/interface", "@soloist/net", "@soloist/runtime"],
    starts: "boots it in QEMU: nc localhost 7007",
  },
  {
    name: "web",
    summary: "a web server: a page, a greeting and JSON",
    scripts: { start: "soloist run -p 8080:80", build: "soloist build" },
    packages: ["@soloist/interface", "@soloist/net", "@soloist/runtime", "@soloist/web"],
    starts: "boots it in QEMU: http://localhost:8080/",
  },
  {
    name: "shortener",
    summary: "short links, kept on a disk",
    scripts: {
      dev: "soloist dev --block links=links.img,size=1M",
      start: "soloist run -p 8080:80 --block links=links.img,size=1M",
      build: "soloist build",
    },
    packages: [
      "@soloist/crunch",
      "@soloist/interface",
      "@soloist/kv",
      "@soloist/net",
      "@soloist/runtime",
      "@soloist/web",
    ],
    starts: "boots it in QEMU: http://localhost:8080/",
  },
];

export const TEMPLATE_NAMES: readonly string[] = TEMPLATES.map(({ name }) => name);

/** Tools from npm that every project has, with their versions; tests hold them to those that Soloist itself uses. */
export const TOOLS: Readonly<Record<string, string>> = {
  typescript: "^7.0.2",
  vitest: "^5.1.1",
};
