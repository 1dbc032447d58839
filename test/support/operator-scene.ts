/** The operator's listener alone: its own thread and sockets, and figures that the test makes up. */
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { chooseOperatorTls } from '../../src/main/config/operator-listener-config.ts';
import { loadConfig } from '../../src/main/config.ts';
import { OperatorListener } from '../../src/main/dashboard/operator-listener.ts';
import { ClientList } from '../../src/main/ops/client-list.ts';
import type { EngineFigures } from '../../src/main/ops/engine-view.ts';

export const ADMIN_KEY = 'the key of the operator';

export interface OperatorSceneOptions {
  /** Flags as on the command line. */
  readonly flags?: readonly string[];
  /** The first port that is tried; any free one if it is left out. */
  readonly port?: number;
  readonly page?: EngineFigures['page'];
  /** Proxy workers that are asked for their clients. */
  readonly running?: () => readonly number[];
}

export interface OperatorScene {
  readonly listener: OperatorListener;
  /** What it logged. */
  readonly lines: string[];
}

const FIGURES: EngineFigures = {
  ready: () => ({ ok: true, reasons: [] }),
  rates: () => ({ ticksPerSecond: 0, deliveriesPerSecond: 0 }),
  hops: () => ({ receive_to_publish: null, publish_to_send: null, receive_to_send: null }),
  clockOffset: () => null,
  lost: () => ({}),
  clients: () => ({ total: 0, slow: 0, backlogBytes: 0 }),
  threads: () => [],
  delays: () => new Map(),
  page: async (path) => ({ status: 200, contentType: 'text/plain', body: `the page ${path}` }),
};

/** A listener that is not started yet; it is stopped after the test. */
export function createOperatorScene(
  t: Pick<TestContext, 'after'>,
  { flags = [], port = 0, page = FIGURES.page, running = () => [] }: OperatorSceneOptions = {},
): OperatorScene {
  const argv = [`--admin-key=${ADMIN_KEY}`, ...flags];
  const { config } = loadConfig({ argv, env: {}, cwd: '/nonexistent' });
  const lines: string[] = [];
  const startedAt = Date.now();
  const listener = new OperatorListener(
    {
      config,
      log: pino({ level: 'info', base: null }, { write: (line: string) => void lines.push(line) }),
      logTail: null,
      tls: chooseOperatorTls(config, '/nonexistent'),
      demoKey: null,
      madeKey: 'key-that-was-made-for-this',
      clients: new ClientList({ running, restarts: () => 0, post: () => {} }),
      onFatal: (code) => lines.push(code),
      view: {
        host: () => ({
          role: 'engine',
          version: '0',
          pid: process.pid,
          startedAt,
          broker: 'simulated',
          clientUrl: 'ws://127.0.0.1:9',
          busEndpoint: null,
        }),
        figures: { ...FIGURES, page },
        upstreams: () => [],
        source: null,
      },
    },
    port,
  );
  t.after(() => listener.stop());
  return { listener, lines };
}
