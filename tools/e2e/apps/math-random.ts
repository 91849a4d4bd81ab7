// Numbers that have to differ from boot to boot.
import { run } from "@soloist/runtime";

run([], () => {
  console.log(JSON.stringify([Math.random(), Math.random(), Math.random()]));
});
