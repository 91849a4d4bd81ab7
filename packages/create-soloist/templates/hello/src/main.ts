import { parameter, run, text } from "@soloist/runtime";
import { greeting } from "./greeting.ts";

const who = parameter("who", { help: "whom to greet", placeholder: "NAME", default: "World", parse: text() });

run([who], (who) => {
  console.log(greeting(who));
});
