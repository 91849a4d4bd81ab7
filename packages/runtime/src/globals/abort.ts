export {
  AbortController,
  AbortController as "globalThis.AbortController",
  AbortSignal,
  AbortSignal as "globalThis.AbortSignal",
} from "../standards/abort.ts";
