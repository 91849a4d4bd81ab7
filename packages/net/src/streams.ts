/**
 * Gives `flow.readable` and `flow.writable` their classes in an image, from web-streams-polyfill: the library that gives apps of
 * @soloist/web the global `ReadableStream`, so that one is a `body` of the other. 65 KB of source, for apps that import this.
 *
 * @example
 * import "@soloist/net/streams";
 *
 * await flow.readable.pipeTo(flow.writable); // echo
 */
import { ReadableStream, WritableStream } from "web-streams-polyfill";
import { useStreamClasses } from "./sockets/flow-streams.ts";

useStreamClasses({ ReadableStream, WritableStream } as never);
