// Reads the clock where the program is evaluated at build time. It must not build.
import { run } from "@soloist/runtime";

const started = new Date(); // line 4

run([], () => {
  console.log(started.getTime());
});
