import { describe, expect, it, onTestFinished } from "vitest";
import { IMAGE_VARIABLE } from "../../src/test/boot-machine.ts";
import { boot } from "../../src/test/index.ts";
import { lineServer, Project, SERVER_PACKAGES } from "../dev/project.ts";

const http = lineServer("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n");

describe("boot() of @soloist/toolchain/test", () => {
  it("gives the address of an app that listens, and what it printed", async () => {
    using project = new Project({ "src/main.ts": http }, SERVER_PACKAGES);
    await using app = await boot({ app: project.folder });
    const response = await app.fetch("/");
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("hi\n");
    expect(app.console).toContain("Listening\n");
    await app.stop();
    expect(await app.ended).toBe(0);
  });

  it("two at once have different ports", async () => {
    using project = new Project({ "src/main.ts": http }, SERVER_PACKAGES);
    await using first = await boot({ app: project.folder });
    await using second = await boot({ app: project.folder });
    expect(first.port).not.toBe(second.port);
  });

  it("an app that ends instead is an error with what it said", async () => {
    using project = new Project({ "src/main.ts": http }, SERVER_PACKAGES);
    await expect(boot({ app: project.folder, args: ["--nonsense"] })).rejects.toThrow(
      /ended with exit code 2 before it listened:\n[\s\S]*unknown argument "--nonsense"/,
    );
  });

  it.each(["virtio", "spt"])(
    "as an image for %s it has a port, too, and its exit code",
    async (target) => {
      using project = new Project({ "src/main.ts": http }, SERVER_PACKAGES);
      process.env[IMAGE_VARIABLE] = target;
      onTestFinished(() => void delete process.env[IMAGE_VARIABLE]);
      const app = await boot({ app: project.folder, timeout: 100_000 });
      expect(await (await app.fetch("/")).text()).toBe("hi\n");
      await app.stop();
      await expect(boot({ app: project.folder, args: ["--nonsense"], timeout: 100_000 })).rejects.toThrow(
        /ended with exit code 2 before it listened:\n[\s\S]*unknown argument "--nonsense"/,
      );
    },
    200_000,
  );
});
