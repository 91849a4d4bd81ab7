/** Numbers of the engine's opcodes, from the table that it prints bytecode with. */

/** `{ name, size, pops, pushes, format }` */
const ENTRY_SIZE = 8;

export type Opcodes = (name: string) => number;

/** Finds the table in the engine's constants: an entry of `invalid`, followed by one of `push_i32`. */
export function findOpcodes(memory: Uint8Array): Opcodes {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  const text = (name: string) => bytes.indexOf(`\0${name}\0`, 0, "latin1") + 1;
  const [first, second] = [text("invalid"), text("push_i32")];
  const pointer = Buffer.alloc(4);
  pointer.writeUInt32LE(second);
  let table = bytes.indexOf(pointer) - ENTRY_SIZE;
  while (table > 0 && bytes.readUInt32LE(table) !== first) table = bytes.indexOf(pointer, table + 12) - ENTRY_SIZE;
  if (first === 0 || second === 0 || table <= 0) throw new Error("the engine's table of opcodes was not found");
  const names: string[] = [];
  for (let at = table; names.length < 512; at += ENTRY_SIZE) {
    const name = bytes.readUInt32LE(at);
    if (name === 0 || name >= bytes.length) break;
    names.push(bytes.toString("latin1", name, bytes.indexOf(0, name)));
  }
  // Behind nop come those that only the compiler sees; they share their numbers with the short ones, from push_minus1 on.
  const temporary = names.indexOf("nop") + 1;
  names.splice(temporary, names.indexOf("push_minus1") - temporary);
  const numbers = new Map(names.map((name, n) => [name, n]));
  return (name) => {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`the engine has no opcode ${name}`);
    return number;
  };
}
