// 64 devices, one more than an image has room for. It must not build.
import { block, run } from "@soloist/runtime";

run(
  Array.from({ length: 64 }, (_, index) => block(`disk${index}`)),
  () => {},
);
