import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { emitKubernetes, emitLibvirt, emitNomad, nameOf, type RecipeOptions } from "../../src/package/recipes.ts";
import { findCommand } from "../../src/run/find-command.ts";
import { imageInfo } from "./image-info.ts";

const options = (parts: Partial<RecipeOptions> = {}): RecipeOptions => ({
  image: imageInfo({ target: "virtio" }),
  path: "/srv/web & co.virtio",
  memory: 64,
  args: ["--who=<Ada> & Bob"],
  ports: [{ protocol: "tcp", address: "127.0.0.1", host: 8080, guest: 80 }],
  disks: [],
  ...parts,
});
const withDisk = imageInfo({ target: "virtio", devices: [{ name: "links", type: "BLOCK_BASIC", optional: true }] });

it.each([
  ["web", "web"],
  ["My App!", "my-app"],
  ["---", "app"],
])("a name that platforms take: %s is %s", (app, name) => {
  expect(nameOf(imageInfo({ app }))).toBe(name);
});

describe("libvirt", () => {
  it("a domain with the kernel, its command line and one device each; what XML would take for markup is escaped", () => {
    const xml = emitLibvirt(options());
    expect(xml).toContain("<kernel>/srv/web &#38; co.virtio</kernel>");
    expect(xml).toContain("<cmdline>&#34;--who=&#60;Ada&#62; &#38; Bob&#34;</cmdline>");
    expect(xml.match(/<interface /g)).toHaveLength(1);
    expect(xml).toContain('<memory unit="MiB">64</memory>');
  });

  it("a disk needs its file", () => {
    expect(() => emitLibvirt(options({ image: withDisk }))).toThrow("--block links=FILE");
    const xml = emitLibvirt(options({ image: withDisk, disks: [{ name: "links", value: "/srv/links.img" }] }));
    expect(xml).toContain('<source file="/srv/links.img"/>');
    expect(xml).toContain('<target dev="vda" bus="virtio"/>');
  });

  const schema = "/usr/share/libvirt/schemas/domain.rng";
  it.skipIf(!findCommand("xmllint") || !existsSync(schema))("libvirt's own schema takes it", () => {
    const result = spawnSync("xmllint", ["--noout", "--relaxng", schema, "-"], {
      input: emitLibvirt(options()),
      encoding: "utf8",
    });
    expect(result.stderr).toContain("validates");
  });
});

describe("Nomad", () => {
  it("a job that runs what soloist run would, and reserves its ports", () => {
    const { Job } = JSON.parse(emitNomad(options()));
    const [group] = Job.TaskGroups;
    expect(group.Networks[0].ReservedPorts).toEqual([{ Label: "port0", Value: 8080 }]);
    const { Driver, Config } = group.Tasks[0];
    expect(Driver).toBe("raw_exec");
    expect(Config.command).toBe("qemu-system-x86_64");
    expect(Config.args).toEqual(expect.arrayContaining(["-kernel", "/srv/web & co.virtio"]));
    expect(Config.args.join(" ")).toContain("hostfwd=tcp:0.0.0.0:8080-:80");
  });
});

describe("Kubernetes", () => {
  it("a deployment under urunc and a service, with texts quoted", () => {
    const yaml = emitKubernetes(options());
    expect(yaml).toContain("runtimeClassName: urunc");
    expect(yaml).toContain('            - "\\"--who=<Ada> & Bob\\""\n');
    expect(yaml).toContain("{ containerPort: 80, protocol: TCP }");
    expect(yaml).toContain('{ name: "tcp-8080", port: 8080, targetPort: 80, protocol: TCP }');
    expect(yaml.split("\n---\n")).toHaveLength(2);
  });

  it("without ports there is no service", () => {
    expect(emitKubernetes(options({ ports: [], args: [] }))).not.toContain("kind: Service");
  });
});

it.each([
  ["libvirt", emitLibvirt],
  ["Nomad", emitNomad],
])("%s refuses images that it cannot boot", (_name, emit) => {
  expect(() => emit(options({ image: imageInfo() }))).toThrow(UsageError);
});
