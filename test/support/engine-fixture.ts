/**
 * An engine in the test's own process, on real sockets: the embedded database in a directory of its own, a simulated
 * exchange that the test drives, free ports. Everything is gone when the test ends.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Logger, pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { EMBEDDED_DATABASE_PATH } from '../../src/main/database/database-url.ts';
import { DEMO_SESSION } from '../../src/main/database/demo-seed.ts';
import { openDatabase } from '../../src/main/database/open-database.ts';
import { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { Engine } from '../../src/main/engine.ts';
import type { StartedEngine } from '../../src/main/engine-options.ts';
import type { LogTail } from '../../src/main/ops/log-tail.ts';
import type { ConfigChanges } from '../../src/main/reload/config-changes.ts';
import { ConfigReload } from '../../src/main/reload/config-reload.ts';
import { LiveConfig } from '../../src/main/reload/live-config.ts';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import { adjacentPorts } from './adjacent-ports.ts';
import { copyEmbeddedDatabase } from './embedded-database-copy.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { TestClient, type TestClientOptions } from './test-client.ts';
import { tickSourceFlags } from './tick-source-flags.ts';

export interface EngineFixture {
  readonly engine: Engine;
  readonly exchange: SimulatedExchange;
  readonly started: StartedEngine;
  /** `ws://…` of the proxy. */
  readonly wsUrl: string;
  /** `ws://…` of the exchange, where another one may take its place. */
  readonly exchangeUrl: string;
  readonly key: string;
  readonly busEndpoint: string;
  /** Of the embedded database. */
  readonly databasePath: string;
  /** What `onFatal` was told, as `CODE: message`. */
  readonly fatal: string[];
  /** A client that is connected, and authenticated unless `authenticate` is false. */
  client(options?: TestClientOptions): Promise<TestClient>;
  /** Stops the engine and starts another on the same port, database and upstream. */
  restart(): Promise<void>;
  /** Writes these lines into `.env`, and lets the engine read its configuration again. Flags go before them. */
  reload(...lines: readonly string[]): Promise<ConfigChanges>;
  /** Writes to the embedded database as OpenAlgo would: on a connection of its own. */
  writeDatabase(write: DatabaseWrite): void;
}

/** @param encrypt makes the text of a token column */
export type DatabaseWrite = (db: DatabaseSync, encrypt: (text: string) => string) => void;

export interface EngineFixtureOptions {
  /** A recording that has its header, see `createRecording`. */
  readonly recordTo?: string;
  /** Flags as on the command line, after those of the fixture. */
  readonly flags?: readonly string[];
  /** Lines of `.env`, for what `reload` shall make another. */
  readonly envFile?: readonly string[];
  /** Ticks come only from `exchange.step()` unless a rate is given. */
  readonly exchange?: SimulatedExchangeOptions;
  /** Address of an upstream that the test runs itself, in place of the simulated exchange. */
  readonly upstreamUrl?: string;
  /** In place of a silent one. */
  readonly log?: Logger;
  readonly logTail?: LogTail;
  /** Changes the embedded database before the engine starts. */
  readonly prepare?: DatabaseWrite;
}

/** Credentials of the embedded database's demo user, which the exchange checks. */
export const FIXTURE_CREDENTIALS = {
  authToken: DEMO_SESSION.authToken,
  feedToken: DEMO_SESSION.feedToken,
  clientCode: DEMO_SESSION.clientCode,
  apiKey: 'fixture-api-key',
};

export async function startEngineFixture(
  t: Pick<TestContext, 'after'>,
  options: EngineFixtureOptions = {},
): Promise<EngineFixture> {
  const cwd = temporaryDirectory(t);
  const exchange = new SimulatedExchange({
    ticksPerSecond: 0,
    instruments: knownDemoInstruments(),
    credentials: FIXTURE_CREDENTIALS,
    ...options.exchange,
  });
  const { url } = await exchange.listen();
  const fatal: string[] = [];
  const argv = [
    '--bus-linger=0.1',
    '--ops-port=none',
    ...(await tickSourceFlags(cwd)),
    `--angel-ws-url=${options.upstreamUrl ?? url}`,
    `--broker-api-key=${FIXTURE_CREDENTIALS.apiKey}`,
    '--reconnect-initial-ms=50',
  ];
  // None that an outgoing connection may be given while a restart has left it.
  const flags = [`--websocket-port=${await adjacentPorts()}`, ...argv, ...(options.flags ?? [])];
  // As it is anyway, since an engine does not reload a file that holds no option any more.
  const base = 'TICKWIRE_PORT_POLICY=fail';
  const writeEnv = (lines: readonly string[]) =>
    writeFileSync(join(cwd, '.env'), `${[base, ...lines].join('\n')}\n`);
  if (options.envFile !== undefined) writeEnv(options.envFile);
  const load = () => loadConfig({ argv: flags, env: {}, cwd });
  const live = new LiveConfig(load().config);
  const config = live.view;
  // Secrets of its own make another database.
  if (config.apiKeyPepper === null) copyEmbeddedDatabase(cwd);
  const writeDatabase = (write: DatabaseWrite) => {
    const opened = openDatabase(config, cwd);
    opened.close();
    const db = new DatabaseSync(opened.path);
    write(db, (text) => opened.fernet.encrypt(text));
    db.close();
  };
  if (options.prepare !== undefined) writeDatabase(options.prepare);
  const log = options.log ?? pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' });
  const onFatal = (code: string, message: string) => void fatal.push(`${code}: ${message}`);
  const { recordTo, logTail } = options;
  const more = {
    ...(recordTo === undefined ? {} : { recordTo }),
    ...(logTail === undefined ? {} : { logTail }),
  };
  let engine = new Engine({ config, cwd, log, onFatal, ...more });
  const clients: TestClient[] = [];
  t.after(async () => {
    for (const client of clients) client.terminate();
    await engine.stop();
    await exchange.close();
  });
  const started = await engine.start();
  const wsUrl = started.url!.replace(/^http/, 'ws');
  const key = started.demoKey!;
  return {
    engine,
    exchange,
    started,
    wsUrl,
    exchangeUrl: url,
    key,
    busEndpoint: started.busEndpoint,
    databasePath: join(cwd, EMBEDDED_DATABASE_PATH),
    fatal,
    client: async (clientOptions = {}) => {
      const client = await TestClient.connect(wsUrl, key, clientOptions);
      clients.push(client);
      return client;
    },
    restart: async () => {
      await engine.stop();
      engine = new Engine({ config, cwd, log, onFatal, ...more });
      await engine.start();
    },
    reload: (...lines) => {
      writeEnv(lines);
      return new ConfigReload({ live, load, host: engine, onAdopted: () => {}, log }).run('a test');
    },
    writeDatabase,
  };
}
