/** Structured logs, on stderr: stdout is for what a command was asked to print. */
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogTail } from './log-tail.ts';
import { writeLines } from './progress-line.ts';

export type LogFormat = 'auto' | 'json' | 'pretty';

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const FIXED_KEYS: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

/** One log line for people: time, level, message, then what else there is as key=value. */
export function formatLogLine(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const time = new Date(Number(record.time)).toISOString().slice(11, 23);
  const level = LEVEL_NAMES[Number(record.level)] ?? String(record.level);
  const rest = Object.entries(record)
    .filter(([key]) => !FIXED_KEYS.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return `${[time, level.padEnd(5), String(record.msg), ...rest].join(' ')}\n`;
}

/** What was derived from each log: its level is its own. */
const DERIVED = new WeakMap<Logger, Set<WeakRef<Logger>>>();

/**
 * @param level a pino level, in any case
 * @param tail keeps what is written
 */
export function createLog(level: string, format: LogFormat, tail?: LogTail): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
  const stream: DestinationStream = {
    write: (line) => {
      writeLines(process.stderr, isPretty ? formatLogLine(line) : line);
      tail?.write(line);
    },
  };
  const derived = new Set<WeakRef<Logger>>();
  const onChild = (child: Logger) => void derived.add(new WeakRef(child));
  const log = pino({ level: level.toLowerCase(), base: null, onChild }, stream);
  DERIVED.set(log, derived);
  return log;
}

/** Another level from now on, for a log of `createLog` and for all that was derived from it. */
export function setLogLevel(log: Logger, level: string): void {
  log.level = level.toLowerCase();
  const derived = DERIVED.get(log) ?? new Set();
  for (const each of derived) {
    const child = each.deref();
    if (child === undefined) derived.delete(each);
    else child.level = log.level;
  }
}
