// Ends with the exit code that the command line asks for.
import { integer, parameter, run } from "@soloist/runtime";

const code = parameter("code", {
  help: "exit code",
  placeholder: "N",
  default: 0,
  parse: integer({ min: 0, max: 254 }),
});

run([code], (code) => code);
