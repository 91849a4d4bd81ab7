// Draws a random number where the program is evaluated at build time. It must not build.
import { run } from "@soloist/runtime";

const secret = Math.random(); // line 4

run([], () => {
  console.log(secret);
});
