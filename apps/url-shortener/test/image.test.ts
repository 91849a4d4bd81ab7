import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  expect(JSON.parse(await get("/api/links/xvw-1"))).toMatchObject({ hits: 1, url: TARGET });
  expect(await get("/links?q=xvw&sort=hits")).toContain("3 links");
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

describe("url-shortener in memory, on virtio behind QEMU's user network", () => {
  it("makes, follows, counts, finds and deletes links", async () => {
    const port = await freePort();
    const image = build("apps/url-shortener", "virtio");
    await using guest = Guest.boot({ target: "virtio", image, forward: { from: port, to: 80 } });
    await guest.says(/listening/i);
    await walk(here, `http://127.0.0.1:${port}`);
    expect(guest.alive).toBe(true);
  });
});

describe.skipIf(missing !== undefined)(`url-shortener on spt${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "url-shortener-"));
  let net: Namespace;
  beforeAll(() => {
    net = new Namespace();
    net.tap("tap0", `${HOST}/24`);
  });
  afterAll(() => {
    net.remove();
    rmSync(folder, { recursive: true });
  });

  const boot = async (app: string, blocks: Record<string, string> = {}) => {
    const guest = Guest.boot({
      target: "spt",
      image: build(app, "spt"),
      namespace: net,
      nets: { service: "tap0" },
      blocks,
      args: ADDRESS,
    });
    await guest.says(/listening/i);
    return guest;
  };

  it("makes, follows, counts, finds and deletes links", async () => {
    await using guest = await boot("apps/url-shortener");
    await walk(net, `http://${GUEST}`);
    expect(guest.alive).toBe(true);
  });

  it("with a disk: each link that was promised is there after the machine was killed", async () => {
    const disk = join(folder, "links.img");
    writeFileSync(disk, "");
    truncateSync(disk, 4 << 20);
    const make = async (alias: string) => {
      const arguments_ = ["-H", "content-type: application/json", "-d", JSON.stringify({ url: TARGET, alias })];
      return JSON.parse(await curl(net, [...arguments_, `http://${GUEST}/api/links`])) as { alias: string };
    };
    const promised: string[] = [];
    for (const round of [1, 2]) {
      await using guest = await boot("apps/url-shortener/src/persistent.ts", { links: disk });
      expect(await curl(net, [`http://${GUEST}/`])).toMatch(/Links are kept on a disk/);
      for (let index = 0; index < 10; index++) promised.push((await make("kept")).alias);
      expect(promised).toHaveLength(10 * round);
      guest.kill("SIGKILL");
      await guest.ended;
    }
    await using _guest = await boot("apps/url-shortener/src/persistent.ts", { links: disk });
    const { links } = JSON.parse(await curl(net, [`http://${GUEST}/api/links?sort=alias`])) as {
      links: { alias: string }[];
    };
    expect(links.map((link) => link.alias).sort()).toEqual([...promised].sort());
    expect(promised.slice(9, 11)).toEqual(["kept-9", "kept-10"]);
  });
});
