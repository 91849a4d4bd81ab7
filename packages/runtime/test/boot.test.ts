import { describe, expect, test } from "vitest";
import { createMachine, events, jobs } from "./machine.ts";

describe("boot", () => {
  test("main is called with the opened values of the devices, in order", async () => {
    const seen: unknown[] = [];
    const machine = await createMachine(({ run, parameter, integer, text }) => {
      const port = parameter("port", { help: "port", placeholder: "PORT", default: 7, parse: integer() });
      const who = parameter("who", { help: "name", placeholder: "NAME", parse: text() });
      run([port, who], (port, who) => void seen.push(port, who));
    });
    machine.fake.commandLine = "--port=80";
    await machine.boot();
    expect(seen).toEqual([80, undefined]);
    expect(machine.fake.exitCode).toBe(0);
  });

  test("a device that opens with a promise is waited for", async () => {
    const seen: unknown[] = [];
    const machine = await createMachine(({ run, sleep }) => {
      const slow = { manifest: [], parameters: [], open: () => sleep(50).then(() => "slow") };
      run([slow], (value) => void seen.push(value));
    });
    await machine.boot();
    expect(seen).toEqual(["slow"]);
    expect(machine.fake.time).toBe(50);
  });

  test("the number that main returns is the exit code", async () => {
    const machine = await createMachine(({ run }) => run([], async () => 42));
    await machine.boot();
    expect(machine.fake.exitCode).toBe(42);
  });

  test.each([255, -1, 1.5])("main returning %s is an error", async (code) => {
    const machine = await createMachine(({ run }) => run([], () => code));
    await machine.boot();
    expect(machine.fake.console).toMatch(/^Uncaught: RangeError: main returned .*; an exit code is a whole number/);
    expect(machine.fake.exitCode).toBe(1);
  });

  test("an error that leaves main is printed with its stack, and the exit code is 1", async () => {
    const machine = await createMachine(({ run }) =>
      run([], async function failingMain() {
        throw new TypeError("out of tea");
      }),
    );
    await machine.boot();
    expect(machine.fake.console).toMatch(/^Uncaught: TypeError: out of tea\n {4}at failingMain/);
    expect(machine.fake.exitCode).toBe(1);
  });

  test("clean-ups run after main, last registered first, and then the machine exits", async () => {
    const order: string[] = [];
    const machine = await createMachine(({ run }) => {
      const device = (name: string) => ({
        manifest: [],
        parameters: [],
        open: (host: import("@soloist/interface").Host) => host.onShutdown(async () => void order.push(name)),
      });
      run([device("first"), device("second")], () => void order.push("main"));
    });
    await machine.boot();
    expect(order).toEqual(["main", "second", "first"]);
    expect(machine.fake.exitCode).toBe(0);
  });

  test("a clean-up that fails does not keep the others from running; the exit code is 1", async () => {
    const order: string[] = [];
    const machine = await createMachine(({ run }) => {
      const device = (cleanup: () => void) => ({
        manifest: [],
        parameters: [],
        open: (host: import("@soloist/interface").Host) => host.onShutdown(cleanup),
      });
      const broken = device(() => {
        throw new Error("stuck");
      });
      run([device(() => void order.push("first")), broken], () => {});
    });
    await machine.boot();
    expect(order).toEqual(["first"]);
    expect(machine.fake.console).toContain("stuck");
    expect(machine.fake.exitCode).toBe(1);
  });

  test("Math.random is seeded with eight bytes of the generator", async () => {
    const machine = await createMachine(({ run }) => run([], () => {}));
    await machine.boot();
    expect(machine.fake.mathSeeds.map(({ length }) => length)).toEqual([8]);
    expect(machine.fake.seeds.map(({ length }) => length)).toEqual([32]);
  });

  test("without entropy the boot refuses, in one line", async () => {
    const machine = await createMachine(({ run }) => run([], () => void expect.fail("main ran")));
    machine.fake.entropy = () => 0;
    await machine.boot();
    expect(machine.fake.console).toBe("error: no usable source of entropy\n");
    expect(machine.fake.exitCode).toBe(1);
  });

  test("an app that never calls run fails the build", async () => {
    const machine = await createMachine(() => {});
    expect(() => machine.fake.handlers!.manifest()).toThrow(expect.objectContaining({ code: "ERR_RUN_NEVER" }));
  });

  test("the manifest names the devices in Solo5's words", async () => {
    const machine = await createMachine(({ run, net, block }) => run([net("service"), block("storage")], () => {}));
    expect(JSON.parse(machine.fake.handlers!.manifest())).toEqual({
      type: "solo5.manifest",
      version: 1,
      devices: [
        { name: "service", type: "NET_BASIC" },
        { name: "storage", type: "BLOCK_BASIC" },
      ],
    });
  });

  test("a device that the host did not attach stops the boot with ENODEV", async () => {
    const machine = await createMachine(({ run, net }) => run([net("service")], () => {}));
    await machine.boot();
    expect(machine.fake.console).toContain('the host attached no network device "service"');
    expect(machine.fake.exitCode).toBe(1);
  });

  test("devices open only what they declared, once, and no parameter of others", async () => {
    const codes: unknown[] = [];
    const machine = await createMachine(({ run }) => {
      const prying = {
        manifest: [{ name: "mine", type: "net" as const }],
        parameters: [],
        open: (host: import("@soloist/interface").Host) => {
          const attempts = [
            () => host.netDevice("other"),
            () => host.blockDevice("mine"),
            () => host.netDevice("mine") && host.netDevice("mine"),
            () => host.parameter({ name: "x", help: "", parse: String }),
          ];
          for (const attempt of attempts) {
            try {
              attempt();
            } catch (error) {
              codes.push((error as { code: unknown }).code);
            }
          }
        },
      };
      run([prying], () => {});
    });
    machine.platform.addFakeNet("mine");
    await machine.boot();
    expect(codes).toEqual(["ENODEV", "ENODEV", "EBUSY", "EINVAL"]);
  });
});

describe("command line", () => {
  const declare = ({ run, parameter, integer }: typeof import("../src/index.ts")) => {
    const port = parameter("port", {
      help: "TCP port",
      placeholder: "PORT",
      default: 7,
      parse: integer({ min: 1, max: 65535 }),
    });
    run([port], (port) => console.log(port));
  };

  test("--help prints every key with its default and exits with 0", async () => {
    const machine = await createMachine(declare);
    machine.fake.commandLine = "--help";
    await machine.boot();
    expect(machine.fake.console).toBe(
      `Arguments of this image:
  --log=LEVELS         what is printed: debug, info, warn, error, silent; for all, or as in net.tcp=debug,*=warn
  --log-format=FORMAT  text, or json: an object a line (default: text)
  --port=PORT          TCP port (default: 7)
  --help               print this and exit
`,
    );
    expect(machine.fake.exitCode).toBe(0);
  });

  test.each([
    ["--prot=80", 'error: unknown argument "--prot=80" (--help lists what there is)\n'],
    ["80", 'error: unknown argument "80" (--help lists what there is)\n'],
    ["--port", "error: --port needs a value: --port=PORT\n"],
    ["--port=0", 'error: --port: expected a whole number from 1 to 65535, not "0"\n'],
    ["--port=80 --port=81", "error: --port is given twice\n"],
    ['--port="80', 'error: a double quote is not closed (use \\" for a quote within quotes)\n'],
  ])("%s stops the boot with one line and exit code 2", async (line, message) => {
    const machine = await createMachine(declare);
    machine.fake.commandLine = line;
    await machine.boot();
    expect(machine.fake.console).toBe(message);
    expect(machine.fake.exitCode).toBe(2);
  });
});

describe("errors that nobody caught", () => {
  test("a rejection without a handler ends the machine with exit code 1", async () => {
    const machine = await createMachine(({ run, sleep }) => run([], () => sleep(1000)));
    await machine.boot(1);
    const promise = Promise.reject(new RangeError("lost"));
    promise.catch(() => {});
    machine.fake.handlers!.rejection(promise, new RangeError("lost"), false);
    await machine.run(1);
    expect(machine.fake.console).toMatch(/^Unhandled rejection: RangeError: lost\n/);
    expect(machine.fake.exitCode).toBe(1);
  });

  test("a rejection just before main ends counts", async () => {
    const machine = await createMachine(({ run }) =>
      run([], () => {
        const promise = Promise.resolve();
        machine.fake.handlers!.rejection(promise, new Error("too late"), false);
      }),
    );
    await machine.boot();
    expect(machine.fake.console).toMatch(/^Unhandled rejection: Error: too late\n/);
    expect(machine.fake.exitCode).toBe(1);
  });

  test("a handler that is added within the same turn is in time", async () => {
    const machine = await createMachine(({ run, sleep }) => run([], () => sleep(10)));
    await machine.boot(1);
    const promise = Promise.resolve();
    machine.fake.handlers!.rejection(promise, new Error("late"), false);
    machine.fake.handlers!.turn();
    machine.fake.handlers!.rejection(promise, undefined, true);
    await machine.run();
    expect(machine.fake.console).toBe("");
    expect(machine.fake.exitCode).toBe(0);
  });

  test("a task of main that fails ends the machine although main waits for ever", async () => {
    const machine = await createMachine(({ run, spawn }) =>
      run([], async () => {
        spawn(async () => {
          throw new Error("handler broke");
        });
        await new Promise(() => {});
      }),
    );
    await machine.boot();
    expect(machine.fake.console).toMatch(/^Uncaught: Error: handler broke\n/);
    expect(machine.fake.exitCode).toBe(1);
  });

  test("main's end waits for its tasks", async () => {
    const order: string[] = [];
    const machine = await createMachine(({ run, spawn, sleep }) =>
      run([], async () => {
        spawn(() => sleep(20).then(() => order.push("task")));
        order.push("main");
      }),
    );
    await machine.boot();
    expect(order).toEqual(["main", "task"]);
    expect(machine.fake.exitCode).toBe(0);
  });
});

describe("run", () => {
  test.each([
    ["ERR_RUN_TWICE", ({ run }) => [1, 2].map(() => run([], () => {}))],
    ["ERR_DEVICE_NAME", ({ run, net }) => run([net("eth-0")], () => {})],
    ["ERR_DEVICE_NAME", ({ run, net }) => run([net("")], () => {})],
    ["ERR_DEVICE_NAME", ({ run, net }) => run([net("a".repeat(68))], () => {})],
    ["ERR_DEVICE_DUPLICATE", ({ run, net, block }) => run([net("a"), block("a")], () => {})],
    [
      "ERR_DEVICE_COUNT",
      ({ run, net }) =>
        run(
          Array.from({ length: 64 }, (_, index) => net(`n${index}`)),
          () => {},
        ),
    ],
    ["ERR_PARAMETER_NAME", ({ run, parameter }) => run([parameter("Port", { help: "", parse: String })], () => {})],
    ["ERR_PARAMETER_NAME", ({ run, parameter }) => run([parameter("help", { help: "", parse: String })], () => {})],
    [
      "ERR_PARAMETER_DUPLICATE",
      ({ run, parameter }) =>
        run([parameter("a", { help: "", parse: String }), parameter("a", { help: "", parse: String })], () => {}),
    ],
  ] as [string, (runtime: typeof import("../src/index.ts")) => void][])("%s", async (code, declare) => {
    await expect(createMachine(declare)).rejects.toMatchObject({ code });
  });
});

describe("external events", () => {
  test("the first frame after an empty ring is one, at most once a millisecond", async () => {
    let hooked = 0;
    const machine = await createMachine(({ run, net, onExternalEvent }) => {
      onExternalEvent(() => hooked++);
      run([net("service")], async (device) => {
        for (;;) {
          while (device.read() > 0);
          await machine.runtime.sleep(10);
        }
      });
    });
    const device = machine.platform.addFakeNet("service");
    events.count = 0;
    device.incoming.push(new Uint8Array(60), new Uint8Array(60));
    await machine.boot(5);
    await jobs();
    expect(hooked).toBe(1);
    device.incoming.push(new Uint8Array(60));
    await machine.run(30);
    expect(hooked).toBe(2);
    expect(events.count).toBe(2);
  });
});
