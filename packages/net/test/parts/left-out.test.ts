import { SoloistError } from "@soloist/interface";
import { expect, it } from "vitest";
import { createDns } from "../../src/parts/no-dns.ts";
import { createMdns } from "../../src/parts/no-mdns.ts";
import { createNtp } from "../../src/parts/no-ntp.ts";

const nothing = undefined as never;

it.each([
  ["dns", () => createDns(nothing).lookup("example.com")],
  ["ntp", () => createNtp(nothing).sync({ server: "time.example.com" })],
  ["mdns", () => createMdns(nothing).publish({ name: "printer" })],
])("%s that an image was built without says so", (name, use) => {
  let thrown: unknown;
  try {
    use();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SoloistError);
  expect(thrown).toMatchObject({
    code: "ENOSYS",
    message: `the image was built without ${name}: nothing in the app names it`,
  });
});
