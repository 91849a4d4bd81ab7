/**
 * Runs before each test file of `soloist test`: boots a machine without devices in the test's own process, so that timers,
 * tasks and random numbers of the runtime work in code under test.
 */
import { createRng } from "@soloist/rng";
import { run } from "@soloist/runtime";
import { boot } from "@soloist/runtime/boot";
import { start } from "@soloist/unix/machine";

boot({ createRng });
// It lasts as long as the tests do. An app's own main module is what boot() of @soloist/toolchain/test is for.
run([], () => new Promise<void>(() => {}));
start();
