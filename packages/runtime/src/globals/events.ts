export {
  CustomEvent,
  CustomEvent as "globalThis.CustomEvent",
  Event,
  Event as "globalThis.Event",
  EventTarget,
  EventTarget as "globalThis.EventTarget",
} from "../standards/events.ts";
