/** `events`: the npm package of that name, which bundlers have put in Node's place for years. */
import EventEmitter from "events/events.js";

export { EventEmitter };
export const once = EventEmitter.once;
export const listenerCount = EventEmitter.listenerCount;
export const defaultMaxListeners: number = EventEmitter.defaultMaxListeners;
export default EventEmitter;
