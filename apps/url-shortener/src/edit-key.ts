import { equalSecrets } from "@soloist/web";
import { randomWord } from "./rules.ts";

/** 100 bits: nobody guesses them, so one round of SHA-256 is as good as a slow hash. */
const KEY_LENGTH = 20;

/** The key that whoever made a link is shown once, and what is kept of it. */
export async function createEditKey(random: (into: Uint8Array) => void): Promise<{ key: string; hash: string }> {
  const key = randomWord(random, KEY_LENGTH);
  return { key, hash: await hashOf(key) };
}

/** Takes the same time wherever the hashes differ. */
export async function isEditKey(key: string, hash: string): Promise<boolean> {
  return equalSecrets(await hashOf(key.trim()), hash);
}

/** SHA-256 as 64 hexadecimal digits. */
async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  let hash = "";
  for (const byte of digest) hash += byte.toString(16).padStart(2, "0");
  return hash;
}
