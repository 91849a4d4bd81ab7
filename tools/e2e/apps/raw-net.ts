// Answers every frame with the same frame, addresses exchanged: a network device without a stack.
import { net, run } from "@soloist/runtime";

run([net("service")], async (device) => {
  console.log(
    `listening ${Array.from(device.mac, (byte) => byte.toString(16).padStart(2, "0")).join(":")} ${device.mtu}`,
  );
  for (let answered = 0; answered < 100; ) {
    const length = device.read();
    if (length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const at = device.reserve();
    if (at < 0) continue;
    const frame = device.rxBuffer.subarray(device.rxOffset, device.rxOffset + length);
    device.txBuffer.set(frame, at);
    device.txBuffer.set(frame.subarray(6, 12), at);
    device.txBuffer.set(device.mac, at + 6);
    device.send(length);
    answered++;
  }
  console.log(`received ${device.counters.received}, sent ${device.counters.sent}`);
});
