/** A box with what it weighs, and boxes in it. */
export interface TreeNode {
  readonly name: string;
  readonly size: number;
  readonly children?: readonly TreeNode[];
  /** Which colour it has; inherited. */
  readonly kind?: string;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a rectangle among sizes, in their proportion, into boxes as square as may be (Bruls, Huizing, van Wijk: Squarified
 * Treemaps, 2000). `sizes` descend and are positive; the boxes come in their order.
 */
export function squarify(sizes: readonly number[], area: Rectangle): Rectangle[] {
  const boxes: Rectangle[] = [];
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const scale = (area.width * area.height) / total;
  let { x, y, width, height } = area;
  for (let from = 0; from < sizes.length; ) {
    const side = Math.min(width, height);
    let sum = sizes[from]! * scale;
    let to = from + 1;
    for (; to < sizes.length; to++) {
      const longer = sum + sizes[to]! * scale;
      const first = sizes[from]! * scale;
      if (worstRatio(first, sizes[to]! * scale, longer, side) > worstRatio(first, sizes[to - 1]! * scale, sum, side))
        break;
      sum = longer;
    }
    // The row lies along the shorter side.
    const thickness = side === 0 ? 0 : sum / side;
    let along = 0;
    for (let index = from; index < to; index++) {
      const length = thickness === 0 ? 0 : (sizes[index]! * scale) / thickness;
      boxes.push(
        width < height
          ? { x: x + along, y, width: length, height: thickness }
          : { x, y: y + along, width: thickness, height: length },
      );
      along += length;
    }
    if (width < height) {
      y += thickness;
      height -= thickness;
    } else {
      x += thickness;
      width -= thickness;
    }
    from = to;
  }
  return boxes;
}

/** The worse of a row's extremes: how many times longer than wide a box is. */
function worstRatio(largest: number, smallest: number, sum: number, side: number): number {
  const square = (side * side) / (sum * sum);
  return Math.max(square * largest, 1 / (square * smallest));
}

/** A box of a drawn treemap; `depth` 0 is the outermost. */
export interface DrawnBox extends Rectangle {
  readonly node: TreeNode;
  readonly kind: string;
  readonly depth: number;
  readonly path: readonly string[];
  /** Whether there is room for boxes in it: then its name stands at its top. */
  readonly isGroup: boolean;
}

const LABEL_HEIGHT = 18;
const PADDING = 2;
const SMALLEST_GROUP = { width: 40, height: 36 } as const;

/** All boxes of a tree, outer ones first. */
export function layOut(root: readonly TreeNode[], area: Rectangle): DrawnBox[] {
  const boxes: DrawnBox[] = [];
  const place = (
    nodes: readonly TreeNode[],
    within: Rectangle,
    depth: number,
    path: readonly string[],
    kind: string,
  ) => {
    const shown = nodes.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size);
    const rectangles = squarify(
      shown.map(({ size }) => size),
      within,
    );
    for (const [index, node] of shown.entries()) {
      const box = rectangles[index]!;
      const isGroup =
        (node.children?.length ?? 0) > 0 && box.width >= SMALLEST_GROUP.width && box.height >= SMALLEST_GROUP.height;
      const own = { node, kind: node.kind ?? kind, depth, path: [...path, node.name] };
      boxes.push({ ...box, ...own, isGroup });
      if (!isGroup) continue;
      const inner = {
        x: box.x + PADDING,
        y: box.y + LABEL_HEIGHT,
        width: box.width - 2 * PADDING,
        height: box.height - LABEL_HEIGHT - PADDING,
      };
      place(node.children!, inner, depth + 1, own.path, own.kind);
    }
  };
  place(root, area, 0, [], "other");
  return boxes;
}
