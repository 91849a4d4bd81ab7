import type { ImageInfo } from "../../src/inspect.ts";

/** An image as `inspectImage` describes it. */
export function imageInfo(parts: Partial<ImageInfo> = {}): ImageInfo {
  return {
    file: "/images/web.spt",
    size: 8,
    target: "spt",
    abi: { target: 2, version: 2 },
    devices: [{ name: "service", type: "NET_BASIC" }],
    segments: [],
    entry: 0x100000,
    memory: 0x900000,
    app: "web",
    ...parts,
  };
}
