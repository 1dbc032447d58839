/** A client of the library, and all that it tells. */
import type { TestContext } from 'node:test';
import {
  type ClientEvents,
  type ConnectOptions,
  connect,
  type Gap,
  type Subscription,
  type TickMode,
  type TickOf,
  type TickwireClient,
} from '../../src/client/index.ts';

export interface ClientScene {
  readonly client: TickwireClient;
  readonly states: ClientEvents['state'][];
  readonly errors: ClientEvents['error'][];
  readonly sessions: ClientEvents['session'][];
}

/** Comes back quickly unless the test says otherwise. Closed after the test. */
export function openClient(
  t: Pick<TestContext, 'after'>,
  url: string,
  options: Partial<ConnectOptions> = {},
): ClientScene {
  const quick = { reconnect: { initialMs: 5, maxMs: 50 }, times: { openMs: 1000 } };
  const client = connect({ url, key: 'key', ...quick, ...options });
  t.after(() => client.close());
  const scene: ClientScene = { client, states: [], errors: [], sessions: [] };
  client.on('state', (each) => void scene.states.push(each));
  client.on('error', (each) => void scene.errors.push(each));
  client.on('session', (each) => void scene.sessions.push(each));
  return scene;
}

export interface Collected<Mode extends TickMode> {
  readonly subscription: Subscription<Mode>;
  readonly ticks: TickOf<Mode>[];
  readonly gaps: Gap[];
  /** Each reason why its value is old, in their order; null: it is fresh. */
  readonly stale: (string | null)[];
}

/** Keeps what a subscription brings. */
export function collect<Mode extends TickMode>(subscription: Subscription<Mode>): Collected<Mode> {
  const collected: Collected<Mode> = { subscription, ticks: [], gaps: [], stale: [] };
  subscription.on('tick', (tick) => void collected.ticks.push(tick));
  subscription.on('gap', (gap) => void collected.gaps.push(gap));
  subscription.on('stale', ({ reason }) => void collected.stale.push(reason));
  return collected;
}

/** All that a loop reads to its end. @throws (rejects) what the loop ends with */
export async function readAll<T>(source: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const each of source) read.push(each);
  return read;
}
