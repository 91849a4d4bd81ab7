import { gunzipSync } from "node:zlib";
import { type Descriptor, digestOf, MEDIA_TYPES } from "./oci.ts";

/**
 * Checks an OCI image layout from the top down: that every descriptor's blob is there with its size and digest, and every layer is
 * the one that the configuration names. Returns what is wrong, nothing for a sound layout.
 */
export function checkOciLayout(files: ReadonlyMap<string, Uint8Array>): string[] {
  const wrong: string[] = [];
  const json = (name: string, bytes: Uint8Array | undefined): Record<string, never> => {
    try {
      return JSON.parse(Buffer.from(bytes ?? []).toString()) as Record<string, never>;
    } catch {
      wrong.push(`${name}: ${bytes ? "not JSON" : "missing"}`);
      return {};
    }
  };
  const used = new Set(["oci-layout", "index.json"]);
  const blob = (what: string, descriptor: Descriptor | undefined, mediaType: string): Uint8Array | undefined => {
    if (!descriptor) {
      wrong.push(`${what}: no descriptor`);
      return undefined;
    }
    const path = `blobs/${descriptor.digest.replace(":", "/")}`;
    const bytes = files.get(path);
    used.add(path);
    if (descriptor.mediaType !== mediaType) wrong.push(`${what}: media type ${descriptor.mediaType}`);
    if (!bytes) wrong.push(`${what}: ${path} is missing`);
    else if (bytes.length !== descriptor.size) wrong.push(`${what}: ${bytes.length} bytes, not ${descriptor.size}`);
    else if (digestOf(bytes) !== descriptor.digest) wrong.push(`${what}: another digest than ${descriptor.digest}`);
    return bytes;
  };
  const layout = json("oci-layout", files.get("oci-layout")) as { imageLayoutVersion?: string };
  if (layout.imageLayoutVersion !== "1.0.0") wrong.push("oci-layout: expected version 1.0.0");
  const index = json("index.json", files.get("index.json")) as { manifests?: Descriptor[] };
  for (const descriptor of index.manifests ?? []) {
    const manifest = json("manifest", blob("manifest", descriptor, MEDIA_TYPES.manifest)) as {
      config?: Descriptor;
      layers?: Descriptor[];
    };
    const config = json("config", blob("config", manifest.config, MEDIA_TYPES.config)) as {
      rootfs?: { diff_ids?: string[] };
    };
    const layers = (manifest.layers ?? []).map((layer) => blob("layer", layer, MEDIA_TYPES.layer));
    const identities = layers.map((bytes) => (bytes ? digestOf(gunzip(bytes)) : "missing"));
    if (JSON.stringify(identities) !== JSON.stringify(config.rootfs?.diff_ids)) {
      wrong.push(`config: diff_ids are not those of the layers: ${identities.join(", ")}`);
    }
  }
  if (!index.manifests?.length) wrong.push("index.json: no manifest");
  for (const path of files.keys()) if (!used.has(path)) wrong.push(`${path}: nothing refers to it`);
  return wrong;
}

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch {
    return new Uint8Array(0);
  }
}
