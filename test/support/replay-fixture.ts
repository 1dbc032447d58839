/** An engine that replays a recording in the test's own process. */
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/main/config.ts';
import { Engine } from '../../src/main/engine.ts';
import type { ReplayEvent } from '../../src/main/replay/replay-exchange.ts';
import { ReplaySession } from '../../src/main/replay/replay-session.ts';
import { TestClient, type TestClientOptions } from './test-client.ts';
import { until } from './until.ts';

export interface ReplayFixture {
  readonly engine: Engine;
  readonly session: ReplaySession;
  readonly url: string;
  readonly events: ReplayEvent[];
  client(options?: TestClientOptions): Promise<TestClient>;
  /** Waits for the end of the recording. */
  untilEnded(round?: number, timeoutMs?: number): Promise<Extract<ReplayEvent, { type: 'ended' }>>;
  stop(): Promise<void>;
}

export interface ReplayFixtureOptions {
  readonly speed?: number;
  readonly loop?: boolean;
  readonly flags?: readonly string[];
}

export const REPLAY_KEY = 'the-key-of-my-strategy';

export async function startReplay(
  t: TestContext,
  path: string,
  { speed = Number.POSITIVE_INFINITY, loop = false, flags = [] }: ReplayFixtureOptions = {},
): Promise<ReplayFixture> {
  const events: ReplayEvent[] = [];
  const { config } = loadConfig({
    argv: ['--websocket-port=0', '--ops-port=none', ...flags],
    env: {},
    cwd: '/nonexistent',
  });
  const session = new ReplaySession({
    config,
    path,
    broker: null,
    speed,
    loop,
    key: REPLAY_KEY,
    onEvent: (event) => void events.push(event),
    onFailed: (message) => {
      throw new Error(message);
    },
  });
  const engine = new Engine({
    config: { ...session.config, busEndpoint: `ipc://${session.cwd}/bus` },
    cwd: session.cwd,
    log: pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
    onFatal: (code, message) => {
      throw new Error(`${code}: ${message}`);
    },
    standIn: session,
  });
  const clients: TestClient[] = [];
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    for (const client of clients) client.terminate();
    await engine.stop();
    session.remove();
  };
  t.after(stop);
  const url = (await engine.start()).url!;
  return {
    engine,
    session,
    url,
    events,
    client: async (options = {}) => {
      const client = await TestClient.connect(url.replace(/^http/, 'ws'), REPLAY_KEY, options);
      clients.push(client);
      return client;
    },
    untilEnded: (round = 1, timeoutMs = 30_000) =>
      until(
        'the end of the recording',
        () =>
          events.find(
            (event): event is Extract<ReplayEvent, { type: 'ended' }> =>
              event.type === 'ended' && event.round === round,
          ),
        timeoutMs,
      ),
    stop,
  };
}
