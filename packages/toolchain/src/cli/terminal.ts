import { styleText } from "node:util";

export { formatSize } from "../format-size.ts";

/** Where a command writes. Results go to stdout, everything about them to stderr. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** A step that is under way; shown on a terminal only, and replaced by the next. */
  progress(step: string): void;
  /** Removes the step that is shown. */
  clearProgress(): void;
  /** Whether messages may have colours: a terminal, and NO_COLOR is not set (no-color.org). */
  readonly color: boolean;
}

const ERASE_LINE = "\r\x1b[2K";

export function createTerminal(): Terminal {
  const isTerminal = process.stderr.isTTY === true;
  const color = isTerminal && !process.env.NO_COLOR;
  let isShown = false;
  const clearProgress = () => {
    if (isShown) process.stderr.write(ERASE_LINE);
    isShown = false;
  };
  return {
    color,
    clearProgress,
    out(text) {
      clearProgress();
      process.stdout.write(text);
    },
    error(text) {
      clearProgress();
      process.stderr.write(text);
    },
    progress(step) {
      if (!isTerminal) return;
      process.stderr.write(`${ERASE_LINE}${color ? styleText("dim", `${step}…`) : `${step}…`}`);
      isShown = true;
    },
  };
}
