/** An upstream connection without a feed handler, on real sockets, and everything that it told its owner. */
import type { TestContext } from 'node:test';
import { redact } from '../../src/workers/feed/redact.ts';
import { UpstreamConnection } from '../../src/workers/feed/upstream-connection.ts';
import type { ConnectionOptions, FeedState } from '../../src/workers/worker-messages.ts';
import { QUICK_FEED_OPTIONS } from './quick-feed-options.ts';
import { until } from './until.ts';
import { UpstreamServer } from './upstream-server.ts';

/** A wait that no test outlives. */
export const FOR_LONG_MS = 600_000;

export interface ConnectionScene {
  readonly server: UpstreamServer;
  readonly connection: UpstreamConnection;
  /** Each state that was entered, with its reason. */
  readonly entered: { readonly state: FeedState; readonly reason: string }[];
  readonly failures: unknown[];
  readonly counts: { opened: number; lost: number; tokensRefused: number };
  readonly received: string[];
  /** What the next handshake offers; shown to the server in the header `x-token`. */
  token: string;
  until(state: FeedState): Promise<void>;
  /** The reason with which a state was entered last. */
  reasonOf(state: FeedState): string;
}

export async function connectionScene(
  t: TestContext,
  options: Partial<ConnectionOptions> = {},
  setting: {
    readonly server?: UpstreamServer;
    readonly url?: (server: UpstreamServer, token: string) => string;
    readonly onReceived?: (text: string) => void;
  } = {},
): Promise<ConnectionScene> {
  const server = setting.server ?? (await UpstreamServer.listen(t));
  const entered: { state: FeedState; reason: string }[] = [];
  const failures: unknown[] = [];
  const received: string[] = [];
  const counts = { opened: 0, lost: 0, tokensRefused: 0 };
  const connection = new UpstreamConnection(
    {
      handshake: () => ({
        url: setting.url?.(server, scene.token) ?? server.url,
        headers: { 'x-token': scene.token },
      }),
      heartbeatText: () => 'ping',
      opened: () => void counts.opened++,
      received: (bytes, offset, length) => {
        const data = bytes.toString('utf8', offset, offset + length);
        received.push(String(data));
        setting.onReceived?.(String(data));
      },
      lost: () => void counts.lost++,
      dated: () => {},
      tokensRefused: () => void counts.tokensRefused++,
      changed: (state, reason) => void entered.push({ state, reason }),
      failed: (error) => void failures.push(error),
      redact: (text) => redact(text, [scene.token]),
    },
    { ...QUICK_FEED_OPTIONS, ...options },
  );
  const scene: ConnectionScene = {
    server,
    connection,
    entered,
    failures,
    counts,
    received,
    token: 'token-1',
    until: (state) => until(`the state ${state}`, () => connection.state === state).then(() => {}),
    reasonOf: (state) => entered.findLast((entry) => entry.state === state)?.reason ?? '',
  };
  t.after(() => connection.stop());
  return scene;
}
