/** Options for a server that somebody else runs: what they are called, and what is wrong with them. */
import { readFileSync } from 'node:fs';
import { benchSymbols, EXCHANGE } from './bench-instruments.ts';

export const TARGET_OPTIONS = {
  target: { type: 'string' },
  'upstream-port': { type: 'string' },
  'target-key': { type: 'string' },
  'target-pid': { type: 'string' },
  'target-symbols': { type: 'string' },
} as const;

export const TARGET_HELP = `A server that runs already, beside the floor, in place of the suite:

  --target URL            ws://HOST:PORT (or wss) of a server that speaks the OpenAlgo protocol, on this machine
  --upstream-port N       where the load is to be found: the target takes ws://127.0.0.1:N/ for Angel's feed
  --target-key KEY        API key that the clients authenticate with
  --target-pid PID        process whose CPU and memory count as the target's; without it they are not told
  --target-symbols FILE   what the target has to subscribe to, EXCHANGE:SYMBOL on each line, all of one exchange;
                          without it 1000 symbols ${EXCHANGE}:BENCH0000 and so on
`;

/** As `parseArgs` gives them. */
export type TargetValues = { readonly [Name in keyof typeof TARGET_OPTIONS]?: string | undefined };

export interface TargetOptions {
  readonly url: string;
  readonly upstreamPort: number;
  readonly apiKey: string;
  /** Null where its CPU cannot be told. */
  readonly pid: number | null;
  readonly exchange: string;
  readonly symbols: readonly string[];
}

const DEFAULT_INSTRUMENTS = 1000;
const HIGHEST_PORT = 65_535;
const PROTOCOLS = ['ws:', 'wss:', 'http:', 'https:'];

/**
 * @returns null without a target
 * @throws Error naming the option that is wrong
 */
export function readTargetOptions(values: TargetValues): TargetOptions | null {
  const { target } = values;
  if (target === undefined) {
    const stray = Object.keys(TARGET_OPTIONS).find((name) => name in values);
    if (stray !== undefined) throw new Error(`--${stray} says something of a target: give --target too`);
    return null;
  }
  if (!PROTOCOLS.includes(URL.parse(target)?.protocol ?? '')) {
    throw new Error(`--target ${target}: give an address like ws://127.0.0.1:8765`);
  }
  const port = values['upstream-port'];
  if (port === undefined) {
    throw new Error('--target needs --upstream-port N: the target takes ws://127.0.0.1:N/ for its broker');
  }
  return {
    url: target,
    upstreamPort: readWhole('upstream-port', port, HIGHEST_PORT),
    apiKey: values['target-key'] ?? '',
    pid: readPid(values['target-pid']),
    ...readSymbols(values['target-symbols']),
  };
}

function readWhole(name: string, text: string, highest: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > highest) {
    throw new Error(`--${name} ${text}: give a whole number from 1 to ${highest}`);
  }
  return value;
}

function readPid(text: string | undefined): number | null {
  if (text === undefined) return null;
  const pid = readWhole('target-pid', text, 2 ** 31 - 1);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user is there, although it takes no signals of ours.
    const isThere = error instanceof Error && 'code' in error && error.code === 'EPERM';
    if (!isThere) throw new Error(`--target-pid ${text}: no such process`);
  }
  return pid;
}

function readSymbols(path: string | undefined): Pick<TargetOptions, 'exchange' | 'symbols'> {
  if (path === undefined) return { exchange: EXCHANGE, symbols: benchSymbols(DEFAULT_INSTRUMENTS) };
  const lines = readLines(path);
  const symbols = new Set<string>();
  let exchange = '';
  for (const line of lines) {
    const parts = /^(\w+):(\S+)$/.exec(line);
    if (parts === null) throw new Error(`--target-symbols ${path}: "${line}" is not like NSE:RELIANCE`);
    const [, own = '', symbol = ''] = parts;
    if (exchange !== '' && own !== exchange) {
      throw new Error(`--target-symbols ${path}: ${line} is of another exchange than the lines before it`);
    }
    exchange = own;
    symbols.add(symbol);
  }
  if (symbols.size === 0) throw new Error(`--target-symbols ${path}: no symbol in it`);
  return { exchange, symbols: [...symbols] };
}

/** Without empty ones. */
function readLines(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`--target-symbols ${path}: ${reason}`);
  }
}
