/**
 * Builds and inspects unikernel images; the `soloist` command on top of it also runs them.
 *
 * @example Build an app and look at what came out:
 * import { buildImage, inspectImage } from "@soloist/toolchain";
 *
 * const { path } = await buildImage({ app: "apps/hello", target: "spt" });
 * const { devices, segments } = inspectImage(path);
 * console.log(devices, segments.length);
 */

export { type BuildOptions, type BuiltImage, buildImage } from "./app/build-image.ts";
export { TARGETS, type Target } from "./base.ts";
export { type Check, examine, installCommand } from "./doctor.ts";
export type { ManifestDevice } from "./elf/solo5.ts";
export { BuildError, ImageError, RunError, UsageError } from "./errors.ts";
export { type ImageInfo, type ImageSegment, inspectImage } from "./inspect.ts";
export { createStackMapper, type SourcePosition, type StackMapper } from "./stacks.ts";
