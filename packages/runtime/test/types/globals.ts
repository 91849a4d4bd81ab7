/** Compiled, never run: what src/globals exports fits the declarations that guest packages compile with. */
import * as abort from "../../src/globals/abort.ts";
import * as consoles from "../../src/globals/console.ts";
import * as cryptos from "../../src/globals/crypto.ts";
import * as events from "../../src/globals/events.ts";
import * as performances from "../../src/globals/performance.ts";
import * as reports from "../../src/globals/report-error.ts";
import * as clones from "../../src/globals/structured-clone.ts";
import * as texts from "../../src/globals/text.ts";
import * as timers from "../../src/globals/timers.ts";
import * as urls from "../../src/globals/url.ts";
import * as params from "../../src/globals/url-search-params.ts";

consoles.console satisfies Console;
cryptos.crypto satisfies Crypto;
performances.performance satisfies Performance;
reports.reportError satisfies typeof reportError;
clones.structuredClone satisfies typeof structuredClone;
timers.setTimeout satisfies typeof setTimeout;
timers.setInterval satisfies typeof setInterval;
timers.clearTimeout satisfies typeof clearTimeout;
timers.clearInterval satisfies typeof clearInterval;
texts.TextEncoder satisfies typeof TextEncoder;
texts.TextDecoder satisfies typeof TextDecoder;
params.URLSearchParams satisfies typeof URLSearchParams;
new urls.URL("") satisfies Omit<URL, "searchParams">;
new events.Event("") satisfies {
  readonly [Key in Exclude<keyof Event, "target" | "currentTarget" | "composedPath">]: Event[Key];
};
new events.CustomEvent<number>("").detail satisfies number;
new abort.AbortController().signal.reason satisfies unknown;
