// Says nothing and ends well: nothing below JavaScript may write to the console of its own accord.
import { run } from "@soloist/runtime";

run([], () => {});
