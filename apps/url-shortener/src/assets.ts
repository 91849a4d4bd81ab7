import type { Assets } from "@soloist/crunch";
import { HttpError, type Request, Response } from "@soloist/web";

/** The address of a file, which changes with its content: it may be kept for ever. */
export function assetUrl(assets: Assets, path: string): string {
  return `/assets${path}?v=${assets.file(path).etag.replaceAll('"', "").slice(0, 10)}`;
}

/** Answers with a file in the smallest form that the client takes, or with 304. */
export function sendAsset(assets: Assets, path: string, request: Request): Response {
  const asset = assets.lookup(path);
  if (asset === undefined) throw new HttpError(404, "Not Found");
  const accepted = (request.headers.get("accept-encoding") ?? "").split(",").map((item) => item.trim().split(";")[0]!);
  const variant = asset.variants.find(({ encoding }) => accepted.includes(encoding)) ?? asset.identity;
  const headers: Record<string, string> = {
    "content-type": asset.type,
    "cache-control": "public, max-age=31536000, immutable",
    etag: variant.etag,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  };
  const known = request.headers.get("if-none-match");
  if (known?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === variant.etag)) {
    return new Response(null, { status: 304, headers });
  }
  if (variant.encoding !== "identity") headers["content-encoding"] = variant.encoding;
  return new Response(variant.bytes as Uint8Array<ArrayBuffer>, { headers });
}
