// Milliseconds from the guest's entry to the first line of main.
import { run } from "@soloist/runtime";

run([], () => {
  console.log(performance.now());
});
