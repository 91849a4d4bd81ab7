// Echoes one connection by web streams, while its packets are printed and captured; hands the capture out on port 9.
import "@soloist/net/streams";
import { capture, stack, trace } from "@soloist/net";
import { net, run } from "@soloist/runtime";

const ECHO = 7;
const CAPTURE = 9;

/** TCP over IPv4 without options, on the port that the capture itself travels over. */
function isCapture(frame: Uint8Array): boolean {
  return frame[23] === 6 && (frame[35] === CAPTURE || frame[37] === CAPTURE);
}

const pieces: Uint8Array[] = [];
const captured = capture(net("service"), (piece) => void pieces.push(piece), { filter: (frame) => !isCapture(frame) });

run([stack({ device: trace(captured, { flag: "trace" }) })], async ({ tcp }) => {
  const echo = tcp.listen({ port: ECHO });
  const captures = tcp.listen({ port: CAPTURE });
  console.log("listening");
  {
    await using flow = (await echo.accept())!;
    await flow.readable.pipeTo(flow.writable as WritableStream<Uint8Array>);
  }
  await using flow = (await captures.accept())!;
  for (const piece of pieces.splice(0)) await flow.write(piece);
});
