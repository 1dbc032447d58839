/** `tickwire feed` on a directory of its own, with a user and an account at the exchange that no other host has. */
import { cpSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/main/config.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { adjacentPorts } from './adjacent-ports.ts';
import { alwaysOpen } from './calendar-file.ts';
import { HostProcess } from './host-process.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** What every host of a test beats, repeats and waits by, so that whatever happens is seen within a second. */
export const QUICK_BUS_FLAGS = ['--bus-heartbeat=0.2', '--control-timeout=1'];

const QUICK_FEED_FLAGS = [
  ...QUICK_BUS_FLAGS,
  '--bus-republish=0.5',
  '--bus-linger=1',
  '--database-poll=0.1',
  '--reconnect-initial-ms=50',
  '--reconnect-max-ms=200',
  '--reconnect-jitter=0',
  '--broker-api-key=host',
  '--ops-port=none',
];

const SYMBOL_EXCHANGE = 'NSE';
const SYMBOL_SEGMENT = 1;
const FIRST_TOKEN = 900_000;

export interface FeedHostOptions {
  /** Of the exchange, which must not check credentials. */
  readonly upstreamUrl: string;
  /** What the exchange knows the account by. */
  readonly clientCode: string;
  /** Instruments beside those of the demo. */
  readonly symbols?: readonly string[];
  /** Stands by for another: the same users with the same keys. */
  readonly like?: FeedHost;
  /** After those of the fixture. */
  readonly flags?: readonly string[];
}

export class FeedHost {
  readonly directory: string;
  /** Of its bus; the next one is that of its control socket. */
  readonly port: number;
  /** The demo user's. */
  readonly key: string;
  readonly clientCode: string;
  readonly #t: Pick<TestContext, 'after'>;
  readonly #args: readonly string[];
  process: HostProcess;

  private constructor(
    t: Pick<TestContext, 'after'>,
    options: FeedHostOptions,
    at: { readonly directory: string; readonly port: number; readonly key: string },
    args: readonly string[],
    process: HostProcess,
  ) {
    this.#t = t;
    this.#args = args;
    this.clientCode = options.clientCode;
    this.directory = at.directory;
    this.port = at.port;
    this.key = at.key;
    this.process = process;
  }

  static async start(t: Pick<TestContext, 'after'>, options: FeedHostOptions): Promise<FeedHost> {
    const directory = temporaryDirectory(t);
    if (options.like !== undefined) cpSync(options.like.directory, directory, { recursive: true });
    const key = prepareDatabase(directory, options);
    const port = await adjacentPorts();
    const args = [
      'feed',
      `--bus-endpoint=tcp://127.0.0.1:${port}`,
      `--angel-ws-url=${options.upstreamUrl}`,
      alwaysOpen(t),
      ...QUICK_FEED_FLAGS,
      ...(options.flags ?? []),
    ];
    const process = await HostProcess.start(t, args, directory);
    return new FeedHost(t, options, { directory, port, key }, args, process);
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** On the same ports and directory, when the one before is gone. */
  async startAgain(): Promise<void> {
    this.process = await HostProcess.start(this.#t, this.#args, this.directory);
  }
}

/** Segment and token of an instrument of `symbols`, as `untilUpstream` wants them. */
export function tokenOf(index: number): string {
  return `${SYMBOL_SEGMENT}:${FIRST_TOKEN + index}`;
}

/** @returns the demo user's key */
function prepareDatabase(directory: string, { clientCode, symbols = [], like }: FeedHostOptions): string {
  const { config } = loadConfig({ argv: [], env: {}, cwd: directory });
  const opened = openDatabase(config, directory);
  const key = opened.demoKey!;
  opened.close();
  const db = new DatabaseSync(opened.path);
  db.exec('BEGIN');
  db.prepare('UPDATE auth SET user_id = ?').run(clientCode);
  const insert = db.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size) VALUES (?, ?, ?, ?, ?, ?, '', -1, 1, '', 0.05)`,
  );
  for (const [i, symbol] of (like === undefined ? symbols : []).entries()) {
    insert.run(symbol, `${symbol}-EQ`, symbol, SYMBOL_EXCHANGE, SYMBOL_EXCHANGE, String(FIRST_TOKEN + i));
  }
  db.exec('COMMIT');
  db.close();
  return key;
}
