/** Visits of one link: in all, and by day. Pure: the day is an argument. */
export interface Visits {
  total: number;
  /** The day of the last count: whole days since 1970, UTC. */
  day: number;
  /** Oldest first, at most {@link DAYS}; the last is that of `day`. */
  counts: number[];
}

export interface DayCount {
  /** As in 2026-01-31. */
  readonly date: string;
  readonly count: number;
}

/** Days that are kept: what a link takes of memory and disk does not grow with its age. */
export const DAYS = 30;
const DAY = 86_400_000;

/** `time`: milliseconds since 1970. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY);
}

/** Returns the visits with one more. A clock that was set back counts on its last day. */
export function countVisit(visits: Visits | undefined, today: number): Visits {
  if (visits === undefined) return { total: 1, day: today, counts: [1] };
  const passed = Math.max(0, today - visits.day);
  if (passed >= DAYS) visits.counts = [0];
  else for (let index = 0; index < passed; index++) visits.counts.push(0);
  if (visits.counts.length > DAYS) visits.counts.splice(0, visits.counts.length - DAYS);
  visits.counts[visits.counts.length - 1]!++;
  visits.day += passed;
  visits.total++;
  return visits;
}

/** The last {@link DAYS} days up to `today`, oldest first. */
export function lastDays(visits: Visits | undefined, today: number): DayCount[] {
  const days: DayCount[] = [];
  for (let day = today - DAYS + 1; day <= today; day++) {
    const index = visits === undefined ? -1 : visits.counts.length - 1 - (visits.day - day);
    days.push({ date: new Date(day * DAY).toISOString().slice(0, 10), count: visits?.counts[index] ?? 0 });
  }
  return days;
}

export function emitVisits({ total, day, counts }: Visits): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([total, day, ...counts]));
}

export function parseVisits(bytes: Uint8Array): Visits {
  const [total, day, ...counts] = JSON.parse(new TextDecoder().decode(bytes)) as [number, number, ...number[]];
  return { total, day, counts };
}
