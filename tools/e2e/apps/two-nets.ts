// Two network devices: each name is its own interface.
import { net, run } from "@soloist/runtime";

run([net("inside"), net("outside")], (inside, outside) => {
  const mac = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
  console.log(`${inside.name} ${mac(inside.mac)}\n${outside.name} ${mac(outside.mac)}`);
});
