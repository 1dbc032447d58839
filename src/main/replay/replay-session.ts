/** A replay as a whole: what of the configuration counts, the stand-in for the broker, the database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROKERS } from '../brokers/broker-registry.ts';
import type { StandIn } from '../brokers/stand-in.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { type FileDamage, openRecording } from './recording-file.ts';
import type { RecordedBroker } from './recording-summary.ts';
import { type RecordingSummary, summarise } from './recording-summary.ts';
import { createReplayDatabase, NO_DATABASE, replayedBroker } from './replay-database.ts';
import type { ReplayEvent } from './replay-exchange.ts';
import { ReplayThread } from './replay-thread.ts';

/** Of a ring's size: ticks have more bytes than the frames that they come from, in short frames ten times as many. */
const WINDOW_PART = 64;
/** What one client may be behind before the replay waits for it. Ten times real time outruns most programs. */
const HOLD_BYTES = 8 * 1024 * 1024;
const MOST_BACKLOG_BYTES = 256 * 1024 * 1024;
const WATCHED = 8;

export interface ReplaySessionOptions {
  readonly config: Config;
  readonly path: string;
  /** Whose feeds are played; null where there is only one broker in it. */
  readonly broker: string | null;
  /** Infinity for as fast as the engine takes it. */
  readonly speed: number;
  readonly loop: boolean;
  /** That clients authenticate with, null for a random one. */
  readonly key: string | null;
  readonly onEvent: (event: ReplayEvent) => void;
  readonly onFailed: (message: string) => void;
}

export class ReplaySession implements StandIn {
  readonly summary: RecordingSummary;
  readonly damages: readonly FileDamage[];
  /** For the engine: without the user's database, logins and black box. */
  readonly config: Config;
  /** Working directory of the engine, removed by `stop`. */
  readonly cwd: string;
  readonly brokers;
  readonly watch;
  readonly #options: ReplaySessionOptions;
  readonly #broker: RecordedBroker;
  readonly #thread: ReplayThread;

  /** @throws TickwireError RECORDING_UNREADABLE */
  constructor(options: ReplaySessionOptions) {
    const { config, path, key, onEvent, onFailed } = options;
    this.#options = options;
    const recording = openRecording([path]);
    this.summary = summarise(recording.blocks);
    this.damages = recording.damages;
    recording.close();
    this.#broker = chooseBroker(path, this.summary, options.broker);
    const { name, instruments } = this.#broker;
    const row = BROKERS.get(name);
    if (row === undefined) {
      throw new TickwireError(
        'RECORDING_UNREADABLE',
        `${path} is a recording of ${name}, which cannot be replayed.`,
      );
    }
    this.brokers = new Map([[row.name, replayedBroker(row)]]);
    this.watch = instruments.slice(0, WATCHED).map(({ exchange, symbol }) => ({ exchange, symbol }));
    this.config = replayConfig(config, row.name, instruments.length, this.#broker.hasDeepDepth);
    this.cwd = mkdtempSync(join(tmpdir(), 'tickwire-replay-'));
    createReplayDatabase(this.cwd, config.fernetSalt, name, instruments, key);
    this.#thread = new ReplayThread(onEvent, onFailed);
  }

  async start(doorbells: SharedArrayBuffer): Promise<ReadonlyMap<string, string>> {
    const { path, speed, loop, config } = this.#options;
    const windowBytes = config.ringBytes / WINDOW_PART;
    const url = await this.#thread.start({
      path,
      broker: this.#broker.name,
      speed,
      loop,
      windowBytes,
      doorbells,
    });
    return new Map([[this.#broker.name, url]]);
  }

  /** Waits for clients. @param backlogBytes what the client furthest behind has not taken yet */
  follow(backlogBytes: number): void {
    this.#thread.hold(backlogBytes > HOLD_BYTES);
  }

  async stop(): Promise<void> {
    await this.#thread.stop();
  }

  /** After the engine has stopped. */
  remove(): void {
    rmSync(this.cwd, { recursive: true, force: true });
  }
}

function chooseBroker(path: string, { brokers }: RecordingSummary, wanted: string | null): RecordedBroker {
  const names = brokers.map(({ name }) => name).join(', ');
  if (brokers.length === 0) {
    throw new TickwireError(
      'RECORDING_UNREADABLE',
      `${path} has nothing to play: no instrument was subscribed in it.`,
    );
  }
  const chosen = wanted === null ? brokers : brokers.filter(({ name }) => name === wanted);
  if (chosen.length === 1) return chosen[0]!;
  throw new TickwireError(
    'RECORDING_UNREADABLE',
    `${path} has recordings of ${names}; choose one with --of.`,
  );
}

function replayConfig(
  config: Config,
  broker: Config['broker'],
  instruments: number,
  hasDeepDepth: boolean,
): Config {
  return {
    ...config,
    ...NO_DATABASE,
    broker,
    openalgoBus: 'off',
    angelDepth20: config.angelDepth20 || hasDeepDepth,
    blackBoxMinutes: 0,
    // A replay has no business with anybody's account.
    brokerApiKey: null,
    angelPin: null,
    angelTotp: null,
    // What was silent that day is silent again, and no reconnect of ours helps against it.
    muteAfterMs: 0,
    staleAfterMs: 0,
    maxWebsocketConnections: null,
    maxSymbolsPerWebsocket: null,
    maxInstruments: Math.max(config.maxInstruments, instruments),
    // A reader that never sleeps cannot say that it has seen everything.
    waitStrategy: config.waitStrategy === 'spin' ? 'backoff' : config.waitStrategy,
    maxBackpressureBytes: Math.max(config.maxBackpressureBytes, MOST_BACKLOG_BYTES),
    // A client that is slow is waited for.
    slowPolicy: config.slowPolicy === 'conflate' ? 'deliver' : config.slowPolicy,
    // An outage in the recording lasts as long as it did; ours shall not make it longer.
    reconnectInitialMs: Math.min(config.reconnectInitialMs, 20),
    reconnectMaxMs: Math.min(config.reconnectMaxMs, 1000),
  };
}
