import { parameter, run, text } from "@soloist/runtime";

const who = parameter("who", { help: "whom to greet", placeholder: "NAME", default: "World", parse: text() });

run([who], (who) => {
  console.log(`Hello ${who}!`);
});
