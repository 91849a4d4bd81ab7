// A promise that is rejected and that nobody looks at.
import { run } from "@soloist/runtime";

run([], async () => {
  void Promise.reject(new Error("nobody looks"));
  await new Promise((resolve) => setTimeout(resolve, 10_000));
});
