import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { emitTar, type TarFile } from "./tar.ts";

/** What goes into an OCI image (opencontainers/image-spec v1.1). */
export interface OciOptions {
  readonly files: readonly TarFile[];
  readonly annotations: Readonly<Record<string, string>>;
  /** The process's words, all of them. */
  readonly command: readonly string[];
  readonly ports: readonly { readonly guest: number; readonly protocol: string }[];
}

/** Files of an OCI image layout: what `skopeo copy oci:FOLDER …` and `nerdctl load` take. Pure: the same parts, the same bytes. */
export function emitOciLayout(options: OciOptions): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes);
    files.set(`blobs/${digest.replace(":", "/")}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const json = (value: unknown) => Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
  const tar = emitTar(options.files);
  const layer = add(MEDIA_TYPES.layer, gzipSync(tar, { level: 9 }));
  const created = "1970-01-01T00:00:00Z"; // a time would give each build of the same image another digest
  const ports = Object.fromEntries(options.ports.map(({ guest, protocol }) => [`${guest}/${protocol}`, {}]));
  const config = add(
    MEDIA_TYPES.config,
    json({
      created,
      architecture: "amd64",
      os: "linux",
      config: {
        Cmd: options.command,
        ...(options.ports.length === 0 ? {} : { ExposedPorts: ports }),
        Labels: options.annotations,
        WorkingDir: "/",
      },
      rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
      history: [{ created, created_by: "soloist package --oci" }],
    }),
  );
  const manifest = add(
    MEDIA_TYPES.manifest,
    json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config,
      layers: [layer],
      annotations: options.annotations,
    }),
  );
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  files.set(
    "index.json",
    json({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.index,
      manifests: [
        {
          ...manifest,
          platform: { architecture: "amd64", os: "linux" },
          annotations: { "org.opencontainers.image.ref.name": "latest" },
        },
      ],
    }),
  );
  return files;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const MEDIA_TYPES = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
