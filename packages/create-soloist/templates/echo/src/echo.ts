import { type Flow, SoloistError } from "@soloist/interface";

/** Sends back what arrives, until the peer ends its direction. */
export async function echo(flow: Pick<Flow, "read" | "write" | "close">): Promise<void> {
  try {
    for (let bytes = await flow.read(); bytes !== undefined; bytes = await flow.read()) await flow.write(bytes);
    await flow.close();
  } catch (error) {
    if (!(error instanceof SoloistError)) throw error; // the peer's reset or silence ends this connection alone
  }
}
