import { CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE, MODE_IS_EXCLUDE } from "../wire/mld.ts";
import type { AddressTable } from "./addresses.ts";

/** "Robustness Variable … Default: 2": how often a change is told (RFC 3810 9.1). */
const ROBUSTNESS = 2;
/** "Unsolicited Report Interval … Default: 1 second" (RFC 3810 9.11); milliseconds. */
const UNSOLICITED_INTERVAL = 1000;
/** Groups at once. */
export const MAX_GROUPS = 128;
/** Records of one report: the least MTU carries 59. */
const MAX_RECORDS = 48;

interface Report {
  type: number;
  left: number;
  at: number;
}

/** Sends a report with these records. */
export type ReportSink = (records: readonly { readonly group: number; readonly type: number }[]) => void;

/**
 * Which multicast groups we hear, and the reports that switches and routers need to know (RFC 3810), without source filters:
 * a group is wanted from everybody, or not at all. A machine.
 */
export class MulticastListener {
  readonly #table: AddressTable;
  readonly #random: () => number;
  readonly #members = new Map<number, number>();
  readonly #reports = new Map<number, Report>();

  /** @param random a number in [0, 1) */
  constructor(table: AddressTable, random: () => number) {
    this.#table = table;
    this.#random = random;
  }

  get groups(): readonly number[] {
    return [...this.#members.keys()];
  }

  isMember(group: number): boolean {
    return this.#members.has(group);
  }

  /** False: there are too many. Each `join` needs a `leave`. */
  join(group: number, now: number): boolean {
    const members = this.#members.get(group) ?? 0;
    if (members === 0) {
      if (this.#members.size >= MAX_GROUPS) return false;
      this.#table.retain(group);
      this.#tell(group, CHANGE_TO_EXCLUDE, now);
    }
    this.#members.set(group, members + 1);
    return true;
  }

  leave(group: number, now: number): void {
    const members = this.#members.get(group) ?? 0;
    if (members > 1) {
      this.#members.set(group, members - 1);
    } else if (members === 1) {
      this.#members.delete(group);
      this.#tell(group, CHANGE_TO_INCLUDE, now);
      this.#table.release(group);
    }
  }

  /** Tells everything again: there is an address now that routers listen to (RFC 3590 4). */
  refresh(now: number): void {
    for (const group of this.#members.keys()) this.#tell(group, CHANGE_TO_EXCLUDE, now);
  }

  /** A query, for one group or (0) all, to be answered within `delay` milliseconds. */
  queried(group: number, delay: number, now: number): void {
    for (const member of this.#members.keys()) {
      if (group !== 0 && member !== group) continue;
      const at = now + this.#random() * delay;
      const report = this.#reports.get(member);
      if (report === undefined) {
        this.#table.retain(member);
        this.#reports.set(member, { type: MODE_IS_EXCLUDE, left: 1, at });
      } else if (at < report.at) {
        report.at = at;
      }
    }
  }

  pollAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const report of this.#reports.values()) if (report.at < at) at = report.at;
    return at;
  }

  dispatch(now: number, send: ReportSink): void {
    const records: { group: number; type: number }[] = [];
    for (const [group, report] of this.#reports) {
      if (report.at > now || records.length === MAX_RECORDS) continue;
      records.push({ group, type: report.type });
      report.left--;
      report.at = now + this.#random() * UNSOLICITED_INTERVAL;
    }
    if (records.length > 0) send(records);
    for (const { group } of records) {
      if (this.#reports.get(group)!.left > 0) continue;
      this.#reports.delete(group);
      this.#table.release(group);
    }
  }

  #tell(group: number, type: number, now: number): void {
    if (!this.#reports.has(group)) this.#table.retain(group);
    this.#reports.set(group, { type, left: ROBUSTNESS, at: now });
  }
}
