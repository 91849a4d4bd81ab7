import { examine, installCommand } from "../doctor.ts";
import { parse, single } from "./arguments.ts";
import { DOCTOR_HELP } from "./help.ts";
import type { Terminal } from "./terminal.ts";

export async function doctorCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args, { json: { type: "boolean" }, help: { type: "boolean" } });
  if (values.help) {
    terminal.out(DOCTOR_HELP);
    return 0;
  }
  single(positionals, "machine");
  const checks = await examine();
  const install = installCommand(checks);
  const isHealthy = checks.every(({ ok, required }) => ok || !required);
  if (values.json) {
    terminal.out(`${JSON.stringify({ ok: isHealthy, checks, ...(install === undefined ? {} : { install }) })}\n`);
  } else {
    const width = Math.max(...checks.map(({ name }) => name.length));
    const mark = (ok: boolean, required: boolean) => (ok ? "ok     " : required ? "missing" : "without");
    for (const { name, ok, required, detail } of checks) {
      terminal.out(`${mark(ok, required)}  ${name.padEnd(width)}  ${detail}\n`);
    }
    if (install !== undefined) terminal.out(`\nTo get what is missing:\n  ${install}\n`);
  }
  return isHealthy ? 0 : 1;
}
