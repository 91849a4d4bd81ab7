import { styleText } from "node:util";

const COLORS = ["cyan", "magenta", "yellow", "green", "blue", "red"] as const;
/** A line that grows longer than this is shown in pieces. */
const LONGEST_LINE = 16_384;
const NEWLINE = 10;

/** One app's part of a log that several write to. */
export interface LogStream {
  /** Bytes of its console; complete lines are written, the rest waits for its end. */
  write(bytes: Uint8Array): void;
  /** Something about the app, as a line of its own. */
  note(text: string): void;
  /** Writes what is left without a newline. */
  end(): void;
}

export interface MergedLogOptions {
  readonly names: readonly string[];
  readonly color: boolean;
  write(text: Uint8Array): void;
}

/** Lines of several consoles, each behind its app's name: lines stay whole, whoever else writes. */
export function createMergedLog(options: MergedLogOptions): (name: string) => LogStream {
  const width = Math.max(...options.names.map((name) => name.length));
  return (name) => {
    const label = `${name.padEnd(width)} |`;
    const color = COLORS[options.names.indexOf(name) % COLORS.length]!;
    const prefix = Buffer.from(`${options.color ? styleText(color, label, { validateStream: false }) : label} `);
    let pending = Buffer.alloc(0);
    const line = (bytes: Uint8Array): void => {
      const end = bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length; // a serial line ends with \r\n
      options.write(Buffer.concat([prefix, bytes.subarray(0, end), Buffer.of(NEWLINE)]));
    };
    const end = (): void => {
      if (pending.length > 0) line(pending);
      pending = Buffer.alloc(0);
    };
    return {
      write(bytes) {
        let rest = pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([pending, bytes]);
        for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
          line(rest.subarray(0, at));
          rest = rest.subarray(at + 1);
        }
        pending = rest;
        if (pending.length >= LONGEST_LINE) end();
      },
      note(text) {
        end();
        line(Buffer.from(options.color ? styleText("dim", text, { validateStream: false }) : text));
      },
      end,
    };
  };
}
