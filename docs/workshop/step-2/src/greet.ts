import { type Flow, SoloistError } from "@soloist/interface";
import { greeting } from "./greeting.ts";

const LONGEST_NAME = 100;

/** Reads a name, up to the end of its line, and greets it. */
export async function greet(flow: Pick<Flow, "read" | "write" | "close">): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (!text.includes("\n") && text.length < LONGEST_NAME) {
      const bytes = await flow.read(); // some bytes, not a line: TCP knows no lines
      if (bytes === undefined) break; // the other side has said everything
      text += decoder.decode(bytes, { stream: true });
    }
    const name = text.split("\n", 1)[0]!.trim() || "World";
    await flow.write(new TextEncoder().encode(`${greeting(name)}\n`));
    await flow.close();
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error; // they went away: that ends this connection alone
  }
}
