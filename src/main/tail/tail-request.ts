/** What somebody wants to see, read from the command line. */
import type { TickMode } from '../../client/index.ts';
import { readDuration } from '../commands/read-duration.ts';
import { TickwireError } from '../errors.ts';

export interface TailRequest {
  /** `EXCHANGE:SYMBOL`, each once. */
  readonly instruments: readonly string[];
  readonly mode: TickMode;
  readonly levels: number;
  /** Ends after that long, ms; null: with Ctrl-C. */
  readonly forMs: number | null;
  /** Ends after so many ticks; null: never. */
  readonly count: number | null;
}

const MODES: Readonly<Record<string, TickMode>> = { ltp: 'ltp', quote: 'quote', depth: 'depth' };
const LEVELS = [5, 20, 30, 50];

/** @throws TickwireError COMMAND_INVALID, which names what is wrong and what is allowed */
export function readTailRequest(
  words: readonly string[],
  flags: Readonly<Partial<Record<'mode' | 'levels' | 'for' | 'count', string>>>,
): TailRequest {
  const mode = MODES[(flags.mode ?? 'depth').toLowerCase()];
  if (mode === undefined) throw invalid(`--mode is "${flags.mode}"; it must be ltp, quote or depth.`);
  const levels = Number(flags.levels ?? 5);
  if (!LEVELS.includes(levels)) throw invalid(`--levels is "${flags.levels}"; it must be 5, 20, 30 or 50.`);
  if (levels !== 5 && mode !== 'depth') throw invalid(`--levels ${levels} needs --mode depth.`);
  return {
    instruments: [...new Set(words.map(readInstrument))],
    mode,
    levels,
    forMs: flags.for === undefined ? null : readDuration(flags.for),
    count: flags.count === undefined ? null : readCount(flags.count),
  };
}

function readInstrument(word: string): string {
  if (/^[^:\s]+:[^\s]+$/.test(word)) return word;
  throw invalid(`"${word}" names no instrument; it must have the form NSE:RELIANCE or NSE_INDEX:NIFTY.`);
}

function readCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count > 0) return count;
  throw invalid(`--count is "${text}"; it must be a whole number from 1 on.`);
}

function invalid(message: string): TickwireError {
  return new TickwireError('COMMAND_INVALID', message);
}
