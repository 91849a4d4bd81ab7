/** `setImmediate` and `clearImmediate`, for those that name them; the other timers are the runtime's. */
export { clearImmediate, setImmediate } from "../modules/timers.ts";
