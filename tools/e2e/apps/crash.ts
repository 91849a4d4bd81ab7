// Crashes on purpose, each way that the kernel offers.

import { crash } from "native:platform";
import { oneOf, parameter, run } from "@soloist/runtime";

const kind = parameter("kind", {
  help: "how",
  placeholder: "KIND",
  default: "null-read",
  parse: oneOf("null-read", "null-write", "write-text", "execute-heap", "undefined-instruction", "native-stack"),
});

run([kind], function crashing(kind) {
  crash(kind);
});
