export interface Cycle {
  /** Node whose edge closes the cycle. */
  readonly path: string;
  readonly line: number;
  /** The way around; the first node stands at the end again. */
  readonly members: readonly string[];
}

/** Cycles of a directed graph, one for each edge that closes one in a depth-first walk. */
export function cyclesOf(edges: ReadonlyMap<string, readonly { to: string; line: number }[]>): Cycle[] {
  const cycles: Cycle[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string) => {
    if (finished.has(node)) return;
    trail.push(node);
    for (const { to, line } of edges.get(node) ?? []) {
      const start = trail.indexOf(to);
      if (start >= 0) cycles.push({ path: node, line, members: [...trail.slice(start), to] });
      else visit(to);
    }
    trail.pop();
    finished.add(node);
  };
  for (const node of edges.keys()) visit(node);
  return cycles;
}
