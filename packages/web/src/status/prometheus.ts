import type { Metric } from "@soloist/interface";

/** Media type of Prometheus' text format 0.0.4. */
export const PROMETHEUS = "text/plain; version=0.0.4";

/**
 * Metrics in the text format of Prometheus 0.0.4. Those of one name must follow one another, as the format asks for: the first says
 * what they are.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function emitPrometheus(metrics: readonly Metric[]): string {
  let text = "";
  let family = "";
  for (const { name, help, type, value, labels } of metrics) {
    if (name !== family) {
      text += `# HELP ${name} ${escapeLine(help)}\n# TYPE ${name} ${type}\n`;
      family = name;
    }
    const pairs = Object.entries(labels ?? {}).map(
      ([key, label]) => `${key}="${escapeLine(label).replace(/"/g, '\\"')}"`,
    );
    text += `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${formatValue(value)}\n`;
  }
  return text;
}

function escapeLine(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}

/** The format spells infinity its own way. */
function formatValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
