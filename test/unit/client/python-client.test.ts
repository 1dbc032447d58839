/** The client in Python, against a server that does what the test says. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { cannotRunPython, PYTHON, PYTHON_CLIENTS, PythonProbe } from '../../support/python-probe.ts';
import { type Scripted, ScriptedServer, scriptedTick } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

const skip = cannotRunPython();
const RELIANCE = { symbol: 'RELIANCE', exchange: 'NSE' };

/** A server that refuses NSE:NOPE, as the probe expects. */
async function serverFor(t: Parameters<typeof ScriptedServer.start>[0]): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(t);
  server.script = ({ action, symbols, mode }) =>
    action === 'subscribe' && (symbols as Scripted[])[0]!.symbol === 'NOPE'
      ? [
          {
            type: 'subscribe',
            status: 'partial',
            subscriptions: [
              {
                symbol: 'NOPE',
                exchange: 'NSE',
                status: 'error',
                code: 'SYMBOL_NOT_FOUND',
                message: 'no',
                mode,
              },
            ],
          },
        ]
      : null;
  return server;
}

const statesOf = (probe: PythonProbe) => probe.events('state').map(({ state }) => state);

test('a program in Python ends at once with a wrong key, a revoked one, or a session that somebody else took', {
  skip,
}, async (t) => {
  const endings: readonly [string, (server: ScriptedServer) => Promise<void> | void][] = [
    [
      'AUTHENTICATION_ERROR',
      (server) => {
        server.script = () => [{ status: 'error', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' }];
      },
    ],
    [
      'FEATURE_MISSING',
      (server) => {
        server.script = () => [{ type: 'auth', status: 'success' }];
      },
    ],
    [
      'KEY_REVOKED',
      async (server) => (await server.connection()).close(4403, 'key revoked; do not reconnect with it'),
    ],
    [
      'SESSION_TAKEN',
      async (server) => (await server.connection()).close(4409, 'session continued by another connection'),
    ],
  ];
  await Promise.all(
    endings.map(async ([code, arrange]) => {
      const server = await serverFor(t);
      const arranged = arrange(server);
      const probe = new PythonProbe(t, server.url, 'key', 'json');
      await arranged;
      await until(`the end with ${code}: ${probe.errors}`, () => probe.of('end').length === 1);
      assert.deepEqual(probe.of('end'), [code]);
      assert.equal(statesOf(probe).at(-1), 'closed');
      assert.equal(server.connections.length, 1);
    }),
  );
});

test('a program in Python comes back when the server said, with its session, asks again what was refused for a while, and hears of each hole', {
  skip,
}, async (t) => {
  const server = await serverFor(t);
  const refuseNope = server.script;
  let isLimited = true;
  server.script = (request, own) => {
    if (request.action !== 'subscribe' || !isLimited) return refuseNope(request, own);
    isLimited = false;
    return [{ status: 'error', code: 'RATE_LIMITED', message: 'Too many requests', retry_after_ms: 20 }];
  };
  const probe = new PythonProbe(t, server.url, 'key', 'json');
  await until('the refusal', () => probe.of('refused').length === 1);
  const first = server.connections[0]!;
  const asked = first.asked('subscribe').map(({ mode }) => mode);
  assert.deepEqual(asked, [2, 2, 1, 3]);
  first.sendTogether(scriptedTick(1, {}, 2), scriptedTick(4, {}, 2), scriptedTick(5, { stale: true }, 2));
  await until('the ticks', () => probe.of('tick').length === 3);
  const gapOf = (nth: number) => probe.of<{ readonly gap: Scripted | null }>('tick')[nth]!.gap;
  assert.deepEqual([gapOf(0), gapOf(1)?.reason, gapOf(1)?.missed, gapOf(2)], [null, 'unannounced', 2, null]);
  probe.askStaleness();
  await until('staleness', () => probe.of<string | null>('stale').at(-1) === 'old_tick');

  const resumed = { type: 'session', status: 'resumed', away_ms: 40, orders: false };
  const entry = { ...RELIANCE, status: 'success', broker: 'angel' };
  server.script = (request, own) => {
    if (request.action !== 'authenticate') return null;
    assert.equal(request.session, 'first');
    own.sendTogether(
      { type: 'auth', status: 'success', features: request.features, session: 'first' },
      { ...resumed, subscriptions: [{ ...entry, mode: 'Quote' }], more: true },
      {
        ...resumed,
        subscriptions: [
          { ...entry, mode: 'LTP' },
          { ...entry, symbol: 'TCS', mode: 'LTP' },
        ],
      },
    );
    return [];
  };
  first.send({ type: 'going_away', reason: 'drain', reconnect_after_ms: 30 });
  first.close(1001, 'going away; reconnect in 30 ms');
  const second = await server.connection(1, 'unsubscribe');
  assert.deepEqual(second.asked('unsubscribe')[0]?.symbols, [{ symbol: 'TCS', exchange: 'NSE', mode: 1 }]);
  assert.deepEqual(second.asked('subscribe'), []);
  const waiting = probe.events('state').find(({ state }) => state === 'waiting');
  assert.deepEqual([waiting?.code, waiting?.retry_seconds], [1001, 0.03]);

  server.script = () => null;
  second.socket.terminate();
  const third = await server.connection(2, 'subscribe');
  await until('both subscriptions', () => third.asked('subscribe').length === 2);
  third.send(scriptedTick(1, { epoch: 2 }, 2));
  await until('the tick', () => probe.of('tick').length === 4);
  assert.deepEqual([gapOf(3)?.reason, gapOf(3)?.last_seq], ['reconnected', 5]);
  probe.end();
  await until('its end', () => probe.exitCode !== null);
  assert.deepEqual([probe.exitCode, third.isClosed], [0, true], probe.errors);
});

test('a server that falls silent is left by a program in Python, and its late answer takes the session from nobody for good', {
  skip,
}, async (t) => {
  const server = await serverFor(t);
  const answers = server.script;
  server.script = (request, own) => (request.action === 'ping' ? [] : answers(request, own));
  const probe = new PythonProbe(t, server.url, 'key', 'json', '0.2');
  const second = await server.connection(1);
  assert.equal(server.connections[0]!.asked('ping').length, 1);
  server.script = answers;
  second.close(4409, 'session continued by another connection; do not reconnect');
  const third = await server.connection(2);
  assert.deepEqual(probe.of('end'), []);
  third.close(4409, 'session continued by another connection; do not reconnect');
  await until('the end', () => probe.of<string>('end').at(-1) === 'SESSION_TAKEN');
});

test('ticks that nobody reads in Python are bounded and counted, or an error, as the program chose', {
  skip,
}, () => {
  const program = `
import json
from tickwire_client import Subscription, TickwireError
def message(seq): return {"data": {"ltp": 100 + seq % 7}, "epoch": 1, "seq": seq}
merged = Subscription(None, "NSE:TCS", "ltp", {}, None, 10, "conflate")
for seq in range(1, 10_001): merged._take(message(seq))
waiting = list(merged._ticks)
class Client:
    def _leave(self, subscription): subscription._finish(None)
strict = Subscription(Client(), "NSE:TCS", "ltp", {}, None, 2, "end")
for seq in (1, 2, 3): strict._take(message(seq))
read = [strict.get()["seq"], strict.get()["seq"]]
try: strict.get()
except TickwireError as error: read.append(error.code)
print(json.dumps([len(waiting), sum((tick["receipt"] or {"merged": 1})["merged"] for tick in waiting), waiting[-1]["seq"], waiting[0]["receipt"]["high"], read, strict.get()]))
`;
  const env = { ...process.env, PYTHONPATH: PYTHON_CLIENTS };
  const [length, counted, last, high, ...rest] = JSON.parse(
    execFileSync(PYTHON, ['-B', '-c', program], { env, encoding: 'utf8' }),
  ) as unknown[];
  assert.ok(Number(length) <= 10);
  assert.deepEqual([counted, last, high], [10_000, 10_000, 106]);
  assert.deepEqual(rest, [[1, 2, 'READER_TOO_SLOW'], null]);
});
