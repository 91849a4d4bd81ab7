import { encodeQR } from "qr";

/** ISO/IEC 18004: four modules of light ground around the symbol. */
const QUIET = 4;

/** A QR code as an SVG of one path, a run of dark modules at a time; always dark on light, as readers want it. */
export function qrSvg(text: string): string {
  const modules = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const size = modules.length;
  let path = "";
  for (let y = 0; y < size; y++) {
    const row = modules[y]!;
    for (let x = 0; x < size; x++) {
      const from = x;
      while (x < size && row[x]) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1H${from}z`;
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`
  );
}
