/** Reads what the base's description needs from a linked ELF64 file: symbols and program headers. */

export interface ProgramHeader {
  type: number;
  flags: number;
  vaddr: number;
  fileSize: number;
  memorySize: number;
}

export interface ElfSummary {
  symbols: Map<string, { address: number; size: number }>;
  segments: ProgramHeader[];
}

const PT_LOAD = 1;
const SHT_SYMTAB = 2;

export function readElf(bytes: Uint8Array): ElfSummary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const segments: ProgramHeader[] = [];
  const programHeaders = u64(32);
  for (let n = 0; n < view.getUint16(56, true); n++) {
    const at = programHeaders + n * view.getUint16(54, true);
    segments.push({
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      vaddr: u64(at + 16),
      fileSize: u64(at + 32),
      memorySize: u64(at + 40),
    });
  }
  const symbols = new Map<string, { address: number; size: number }>();
  const sectionHeaders = u64(40);
  for (let n = 0; n < view.getUint16(60, true); n++) {
    const at = sectionHeaders + n * view.getUint16(58, true);
    if (view.getUint32(at + 4, true) !== SHT_SYMTAB) continue;
    const strings = u64(sectionHeaders + view.getUint32(at + 40, true) * view.getUint16(58, true) + 24);
    for (let symbol = u64(at + 24); symbol < u64(at + 24) + u64(at + 32); symbol += 24) {
      const start = strings + view.getUint32(symbol, true);
      const name = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
      if (name !== "") symbols.set(name, { address: u64(symbol + 8), size: u64(symbol + 16) });
    }
  }
  return { symbols, segments: segments.filter(({ type }) => type === PT_LOAD) };
}
