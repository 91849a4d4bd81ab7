// Takes memory until there is none.
import { oneOf, parameter, run } from "@soloist/runtime";

const kind = parameter("kind", {
  help: "of what",
  placeholder: "KIND",
  default: "bytes",
  parse: oneOf("bytes", "objects", "string"),
});

run([kind], (kind) => {
  const kept: unknown[] = [];
  let text = "x";
  for (let i = 0; ; i++) {
    if (kind === "bytes") kept.push(new Uint8Array(65536).fill(i));
    else if (kind === "objects") kept.push({ i, next: kept.at(-1) });
    else text = `${text}${text}${i}`;
  }
});
