import { createInterface } from "node:readline/promises";
import { InterruptedError, UsageError } from "./errors.ts";

/** Asks questions, one line each. */
export interface Questions extends Disposable {
  /**
   * Asks until `parse` takes the answer; what `parse` throws as a {@link UsageError} is shown and asked again.
   *
   * @throws UsageError when the input ends without an answer; the message is `unanswered`.
   */
  ask<Value>(question: string, unanswered: string, parse: (answer: string) => Value): Promise<Value>;
}

export function createQuestions(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Questions {
  const terminal = (output as NodeJS.WriteStream).isTTY === true && (input as NodeJS.ReadStream).isTTY === true;
  const lines = createInterface({ input, output, terminal });
  let interrupted = false;
  let ended = false;
  lines.on("close", () => {
    ended = true;
  });
  lines.on("SIGINT", () => {
    interrupted = true;
    lines.close();
  });
  const answers = lines[Symbol.asyncIterator](); // keeps lines that arrive before they are asked for
  return {
    async ask(question, unanswered, parse) {
      for (;;) {
        lines.setPrompt(question);
        if (ended) output.write(question);
        else lines.prompt();
        const { value, done } = await answers.next();
        if (interrupted) throw new InterruptedError();
        if (done) {
          output.write("\n");
          throw new UsageError(unanswered);
        }
        try {
          return parse(value.trim());
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          output.write(`${error.message}\n`);
        }
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
