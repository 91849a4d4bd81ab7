// Reads the clock where the program is evaluated at build time. It must not build.
import { run } from "@soloist/runtime";

const started = Date.now(); // line 4

run([], () => {
  console.log(started);
});
