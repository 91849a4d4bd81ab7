import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countVisit, DAYS, emitVisits, lastDays, parseVisits, type Visits } from "../src/visits.ts";

const TODAY = 20_000;
const counts = (visits: Visits | undefined, today: number) => lastDays(visits, today).map(({ count }) => count);

describe("visits", () => {
  it("days without any are nought", () => {
    let visits = countVisit(undefined, TODAY);
    visits = countVisit(visits, TODAY);
    visits = countVisit(visits, TODAY + 3);
    expect(counts(visits, TODAY + 4).slice(-5)).toEqual([2, 0, 0, 1, 0]);
    expect(lastDays(visits, TODAY)[DAYS - 1]!.date).toBe("2024-10-04");
  });

  it("a link that nobody visited has days, too", () => {
    expect(counts(undefined, TODAY)).toEqual(new Array(DAYS).fill(0));
  });

  it("a clock that was set back counts on its last day", () => {
    const visits = countVisit(countVisit(undefined, TODAY), TODAY - 5);
    expect(visits).toEqual({ total: 2, day: TODAY, counts: [2] });
  });

  it("all are counted, those of the last days by day, and what is kept does not grow", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 200 }), (gaps) => {
        let visits: Visits | undefined;
        let day = TODAY;
        const model: number[] = [];
        for (const gap of gaps) {
          day += gap > 40 ? 0 : gap;
          visits = parseVisits(emitVisits(countVisit(visits, day)));
          model.push(day);
          expect(visits.counts.length).toBeLessThanOrEqual(DAYS);
        }
        expect(visits!.total).toBe(gaps.length);
        const expected = Array.from(
          { length: DAYS },
          (_, at) => model.filter((at_) => at_ === day - DAYS + 1 + at).length,
        );
        expect(counts(visits, day)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
