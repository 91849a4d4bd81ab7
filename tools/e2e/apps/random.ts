// Random numbers of every kind, which have to differ from boot to boot.
import { run } from "@soloist/runtime";

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

run([], async () => {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const raw = await crypto.subtle.exportKey("raw", key as CryptoKey);
  console.log(
    JSON.stringify({
      bytes: hex(crypto.getRandomValues(new Uint8Array(16))),
      many: hex(crypto.getRandomValues(new Uint8Array(65_536)).subarray(-16)),
      uuid: crypto.randomUUID(),
      key: hex(new Uint8Array(raw as ArrayBuffer)),
      math: Math.random(),
    }),
  );
});
