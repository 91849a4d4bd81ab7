import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { APP_FIELDS, parseComposition, readComposition } from "../../src/compose/compose-file.ts";
import { planNetworks } from "../../src/compose/plan.ts";
import { UsageError } from "../../src/errors.ts";
import { formatAddress } from "../../src/switch/packet.ts";

const parse = (content: unknown) => parseComposition(content, "/project");
const web = { app: "apps/web" };

describe("a compose file", () => {
  it("needs little more than the apps; paths are relative to it", () => {
    const { apps, networks } = parse({ apps: { web: { app: "apps/web" }, old: { image: "old.spt", target: "spt" } } });
    expect(apps).toMatchObject([
      { name: "web", source: { kind: "app", path: "/project/apps/web" }, target: "virtio", memory: 128, restart: "no" },
      { name: "old", source: { kind: "image", path: "/project/old.spt" }, target: "spt" },
    ]);
    expect(networks).toEqual([{ name: "default", gateway: true }]);
  });

  it("apps come behind those that they depend on, else as in the file", () => {
    const { apps } = parse({
      apps: {
        front: { ...web, dependsOn: ["links", "users"] },
        users: { ...web, dependsOn: ["links"] },
        other: web,
        links: web,
      },
    });
    expect(apps.map(({ name }) => name)).toEqual(["links", "users", "front", "other"]);
  });

  it.each([
    ["no apps", {}, "apps: expected an object"],
    ["an empty list", { apps: {} }, "apps: there is none"],
    ["a list", [], "the file: expected an object"],
    [
      "a field that is none",
      { apps: { web }, app: 1 },
      'the file: there is no "app"; there are $schema, apps, networks',
    ],
    ["a name with spaces", { apps: { "My App": web } }, "apps.My App: names are"],
    ["neither app nor image", { apps: { web: {} } }, 'apps.web: expected either "app" or "image"'],
    ["both", { apps: { web: { app: "a", image: "b" } } }, 'apps.web: expected either "app" or "image"'],
    ["an unknown target", { apps: { web: { ...web, target: "vax" } } }, "apps.web.target: expected spt or virtio"],
    ["a bad port", { apps: { web: { ...web, ports: ["http"] } } }, "apps.web.ports: -p http: expected HOST:GUEST"],
    [
      "a port twice",
      { apps: { a: { ...web, ports: ["1:2"] }, b: { ...web, ports: ["1:3"] } } },
      "apps.b.ports: a has port 1",
    ],
    ["a number for a text", { apps: { web: { ...web, args: [1] } } }, "apps.web.args[0]: expected a text"],
    [
      "a bad address",
      { apps: { web: { ...web, address: "10.0.2.256" } } },
      "apps.web.address: expected an IPv4 address",
    ],
    ["an unknown dependency", { apps: { web: { ...web, dependsOn: ["db"] } } }, "apps.web.dependsOn: there is no db"],
    [
      "a circle",
      { apps: { a: { ...web, dependsOn: ["b"] }, b: { ...web, dependsOn: ["a"] } } },
      "dependsOn goes in a circle: a -> b -> a",
    ],
    [
      "an unknown network",
      { apps: { web: { ...web, networks: { service: "x" } } } },
      "apps.web.networks: there is no network x",
    ],
    ["memory without end", { apps: { web: { ...web, memory: 1e6 } } }, "apps.web.memory:"],
  ])("%s is refused in one line that says where", (_name, content, message) => {
    expect(() => parse(content)).toThrow(UsageError);
    expect(() => parse(content)).toThrow(message);
  });

  it("what is no file and what is no JSON are said with the path", () => {
    const folder = mkdtempSync(join(tmpdir(), "soloist-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "c.json");
    expect(() => readComposition(path)).toThrow(`${path}: no such file`);
    writeFileSync(path, "{");
    expect(() => readComposition(path)).toThrow(`${path} is not JSON`);
  });
});

it("the schema for editors has the same fields, and its examples of choices are taken", () => {
  const schema = JSON.parse(readFileSync(new URL("../../soloist.compose.schema.json", import.meta.url), "utf8"));
  const { properties } = schema.properties.apps.additionalProperties;
  expect(Object.keys(properties)).toEqual(APP_FIELDS);
  for (const target of properties.target.enum) expect(() => parse({ apps: { a: { ...web, target } } })).not.toThrow();
  for (const restart of properties.restart.enum)
    expect(() => parse({ apps: { a: { ...web, restart } } })).not.toThrow();
  expect(Object.keys(schema.properties).sort()).toEqual(["$schema", "apps", "networks"]);
});

describe("addresses", () => {
  const plan = (content: unknown, devices: readonly string[] = ["service"]) =>
    planNetworks(parse(content), () => devices).map(({ name, stations }) => ({
      name,
      stations: stations.map((station) => `${station.name}.${station.device} ${formatAddress(station.address)}`),
    }));

  it("each device gets the next free one; those of the file are kept", () => {
    expect(plan({ apps: { a: web, b: { ...web, address: "10.0.2.11" }, c: web } })).toEqual([
      { name: "default", stations: ["a.service 10.0.2.10", "b.service 10.0.2.11", "c.service 10.0.2.12"] },
    ]);
  });

  it("each network has a range of its own, and every station an address of Ethernet of its own", () => {
    const content = {
      apps: {
        front: { ...web, networks: { private: "back" } },
        db: { ...web, networks: { service: "back", private: "other" } },
      },
      networks: { back: { gateway: false }, other: {} },
    };
    expect(plan(content, ["service", "private"])).toEqual([
      { name: "default", stations: ["front.service 10.0.2.10"] },
      { name: "back", stations: ["front.private 10.0.3.10", "db.service 10.0.3.11"] },
      { name: "other", stations: ["db.private 10.0.4.10"] },
    ]);
    const macs = planNetworks(parse(content), () => ["service", "private"]).flatMap(({ stations }) =>
      stations.map(({ mac }) => mac),
    );
    expect(new Set(macs).size).toBe(4);
  });

  it.each([
    [
      "outside of the network",
      { apps: { a: { ...web, address: "10.0.9.10" } } },
      "the network default has 10.0.2.10 to 10.0.2.254",
    ],
    ["the gateway's", { apps: { a: { ...web, address: "10.0.2.2" } } }, "has 10.0.2.10 to"],
    [
      "twice",
      { apps: { a: { ...web, address: "10.0.2.50" }, b: { ...web, address: "10.0.2.50" } } },
      "a has it already",
    ],
    [
      "of a device that is none",
      { apps: { a: { ...web, networks: { eth9: "default" } } } },
      "the image has no eth9, but service",
    ],
  ])("an address %s is refused", (_name, content, message) => {
    expect(() => plan(content)).toThrow(message);
  });
});
