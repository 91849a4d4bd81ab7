// JSON from strangers may be nested deeply: it is refused by an error that the app can catch, and the machine lives on.
import { run } from "@soloist/runtime";

run([], () => {
  for (const text of ["[".repeat(100_000), `${"[".repeat(100_000)}${"]".repeat(100_000)}`, '{"a":'.repeat(100_000)]) {
    try {
      JSON.parse(text);
      console.log("parsed");
    } catch (error) {
      console.log(`refused: ${(error as Error).name}`);
    }
  }
  console.log(JSON.stringify(JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`)).length);
});
