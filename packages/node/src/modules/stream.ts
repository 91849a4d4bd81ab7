/** `stream`: readable-stream, Node's own streams as an npm package. */
import legacy, {
  addAbortSignal,
  compose,
  Duplex,
  finished,
  isDisturbed,
  isErrored,
  isReadable,
  PassThrough,
  pipeline,
  promises,
  Readable,
  Stream,
  Transform,
  Writable,
} from "readable-stream/lib/stream.js";

export {
  addAbortSignal,
  compose,
  Duplex,
  finished,
  isDisturbed,
  isErrored,
  isReadable,
  PassThrough,
  pipeline,
  promises,
  Readable,
  Stream,
  Transform,
  Writable,
};
export default legacy;
