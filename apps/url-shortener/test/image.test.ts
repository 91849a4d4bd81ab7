import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numbers } from "@soloist/testing";
import {
  ADDRESS,
  build,
  curl,
  freePort,
  GUEST,
  Guest,
  HOST,
  here,
  Namespace,
  namespacesMissing,
  output,
  type Place,
} from "@soloist/tool-e2e";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const missing = namespacesMissing();
const TARGET = "https://example.org/a";

/** What a reader would type. */
async function walk(place: Place, base: string): Promise<void> {
  const get = (path: string, ...args: string[]) => curl(place, [...args, `${base}${path}`]);
  expect(await get("/")).toMatch(/Links are kept in memory/);
  const forms = ["xvw", "xvw-1", "xvw-2"];
  for (const alias of forms) {
    const page = await get("/links", "-d", "alias=xvw", "--data-urlencode", `url=${TARGET}`);
    expect(page).toContain(`<title>/${alias} is ready</title>`);
  }
  const made = JSON.parse(
    await get("/api/links", "-H", "content-type: application/json", "-d", JSON.stringify({ url: TARGET })),
  ) as { alias: string; key: string };
  expect(made.alias).toMatch(/^[a-z2-9]{5}$/);
  expect(await get("/xvw-1", "-w", "%{http_code} %header{location}")).toBe(`302 ${TARGET}`);
  expect(JSON.parse(await get("/api/links/xvw-1"))).toMatchObject({ visits: 1, url: TARGET });
  expect(await get("/links?q=xvw&sort=visits")).toContain("3 links");
  const status = (path: string, ...args: string[]) => get(path, "-o", "/dev/null", "-w", "%{http_code}", ...args);
  expect(await status("/links", "-d", "url=javascript:alert(1)")).toBe("422");
  expect(await status("/links", "-d", `url=${TARGET}`, "-H", "origin: http://evil.test")).toBe("403");
  expect(await status(`/api/links/${made.alias}`, "-X", "DELETE", "-H", "edit-key: no")).toBe("403");
  expect(await status(`/api/links/${made.alias}`, "-X", "DELETE", "-H", `edit-key: ${made.key}`)).toBe("204");
  expect(await status(`/${made.alias}`)).toBe("404");
  const style = /\/assets\/style\.css\?v=[^"]+/.exec(await get("/"))![0];
  expect(await get(style, "--compressed")).toContain("prefers-color-scheme: dark");
  const etag = await get(style, "-o", "/dev/null", "-w", "%header{etag}");
  expect(await status(style, "-H", `if-none-match: ${etag}`)).toBe("304");
}

const folder = mkdtempSync(join(tmpdir(), "url-shortener-"));
/** What `soloist run` attaches by itself when no disk is given. */
const noDisk = join(folder, "none.img");
writeFileSync(noDisk, new Uint8Array(512));
afterAll(() => rmSync(folder, { recursive: true }));

function blank(name: string, bytes: number): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  truncateSync(path, bytes);
  return path;
}

describe("url-shortener on virtio behind QEMU's user network", () => {
  const boot = async (links: string) => {
    const port = await freePort();
    const image = build("apps/url-shortener", "virtio");
    const guest = Guest.boot({ target: "virtio", image, forward: { from: port, to: 80 }, blocks: { links } });
    await guest.says(/listening/i);
    return { guest, base: `http://127.0.0.1:${port}` };
  };

  it("without a disk: makes, follows, counts, finds and deletes links", async () => {
    const { guest, base } = await boot(noDisk);
    await using _guest = guest;
    await walk(here, base);
    expect(guest.alive).toBe(true);
  });

  it("with a disk: the same image keeps its links", async () => {
    const disk = blank("virtio.img", 1 << 20);
    const made = ["-H", "content-type: application/json", "-d", JSON.stringify({ url: TARGET, alias: "kept" })];
    {
      const { guest, base } = await boot(disk);
      await using _guest = guest;
      expect(await curl(here, [`${base}/`])).toMatch(/Links are kept on a disk/);
      await curl(here, [...made, `${base}/api/links`]);
      guest.kill("SIGKILL");
    }
    const { guest, base } = await boot(disk);
    await using _guest = guest;
    expect(await curl(here, [`${base}/kept`, "-w", "%{http_code}"])).toBe("302");
  });
});

describe.skipIf(missing !== undefined)(`url-shortener on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let net: Namespace;
  beforeAll(() => {
    net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
  });
  afterAll(() => net.remove());

  const boot = async (links: string) => {
    const guest = Guest.boot({
      target: "spt",
      image: build("apps/url-shortener", "spt"),
      namespace: net,
      nets: { service: "tap0" },
      blocks: { links },
      args: ADDRESS,
    });
    await guest.says(/listening/i);
    return guest;
  };

  it("without a disk: makes, follows, counts, finds and deletes links", async () => {
    await using guest = await boot(noDisk);
    await walk(net, `http://${GUEST}`);
    expect(guest.alive).toBe(true);
  });

  it("with a disk, killed in the middle of things: each link that was promised is there, and works", async () => {
    const disk = blank("links.img", 1 << 20);
    const random = numbers(7);
    const promised: string[] = [];
    const body = JSON.stringify({ url: TARGET, alias: "kept" });
    const post = ["-sS", "-H", "content-type: application/json", "-d", body, `http://${GUEST}/api/links`];
    const asking = new Set<ChildProcess>();
    /** Whether a link was promised. */
    const make = async (): Promise<boolean> => {
      const child = net.spawn("curl", post, { stdio: ["ignore", "pipe", "pipe"] });
      asking.add(child);
      const { code, stdout } = await output(child);
      asking.delete(child);
      if (code === 0) promised.push((JSON.parse(stdout) as { alias: string }).alias);
      return code === 0;
    };
    for (let round = 0; round < 5; round++) {
      await using guest = await boot(disk);
      const before = promised.length;
      const enough = before + 2 + random(8);
      // Several clients at once; it is killed while some of their links are promised, some written, and some on the way.
      const clients = Array.from({ length: 3 }, async () => {
        while (guest.alive && (await make()));
      });
      while (promised.length < enough) await new Promise((resolve) => setTimeout(resolve, 1 + random(5)));
      guest.kill("SIGKILL");
      await guest.ended;
      // Nobody answers those any more.
      for (const child of asking) child.kill();
      await Promise.all(clients);
      expect(promised.length).toBeGreaterThan(before);
    }
    await using _guest = await boot(disk);
    const { links, pages } = JSON.parse(await curl(net, [`http://${GUEST}/api/links?sort=alias`])) as {
      links: { alias: string }[];
      pages: number;
    };
    expect(pages).toBe(1);
    expect(links.map((link) => link.alias)).toEqual(expect.arrayContaining(promised));
    expect(new Set(promised).size).toBe(promised.length);
    expect(await curl(net, [`http://${GUEST}/${promised.at(-1)}`, "-w", "%{http_code}"])).toBe("302");
  });
});
