/**
 * A number that tells how a machine is. Names are those of Prometheus: snake case, base units (seconds, bytes), and `_total`
 * behind counters.
 */
export interface Metric {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** A counter only grows, until the machine boots again; a gauge goes up and down. */
  readonly type: "counter" | "gauge";
  readonly value: number;
  /** What tells it from others of the same name. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A part of the machine that can say how it is: a section of a status page. Asked only when somebody looks.
 *
 * @example
 * const links: StatusSource = {
 *   title: "Links",
 *   metrics: () => [{ name: "links_count", help: "Links that are kept.", type: "gauge", value: store.size }],
 * };
 */
export interface StatusSource {
  /** For people: "Network". */
  readonly title: string;
  /** Metrics of one name follow one another. */
  metrics(): readonly Metric[];
}
