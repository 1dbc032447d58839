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

/** @returns what a program in Python prints */
function runProgram<T>(program: string): T {
  const env = { ...process.env, PYTHONPATH: PYTHON_CLIENTS };
  const options = { env, encoding: 'utf8', timeout: 20_000, killSignal: 'SIGKILL' } as const;
  return JSON.parse(execFileSync(PYTHON, ['-B', '-c', program], options)) as T;
}

/** A connection inside the program: `answer` gives what a server answers to a request. */
const WITHIN = `
import json, queue, time
import websocket, tickwire_client
from tickwire_client import connect, TickwireError
class Socket:
    def __init__(self): self.messages = queue.Queue()
    def send(self, text):
        for message in answer(json.loads(text)): self.messages.put(message)
    def recv_data(self):
        try: message = self.messages.get(timeout=0.05)
        except queue.Empty: raise websocket.WebSocketTimeoutException() from None
        if message is None: raise ConnectionResetError("the network broke")
        return websocket.ABNF.OPCODE_TEXT, json.dumps(message).encode()
    def settimeout(self, _): pass
    shutdown = abort = send_close = lambda self: None
def answer(request):
    if request["action"] == "authenticate": return [{"type": "auth", "status": "success", "features": request["features"]}]
    return [{"type": request["action"], "status": "success", "subscriptions": [{**each, "status": "success"} for each in request.get("symbols", ())]}]
socket = Socket()
websocket.create_connection = lambda *_, **__: socket
`;

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
  assert.deepEqual([waiting?.code, waiting?.retry_seconds], [1001, 0.05]);

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
  const [length, counted, last, high, ...rest] = runProgram<unknown[]>(program);
  assert.ok(Number(length) <= 10);
  assert.deepEqual([counted, last, high], [10_000, 10_000, 106]);
  assert.deepEqual(rest, [[1, 2, 'READER_TOO_SLOW'], null]);
});

test('what a tick costs a program in Python does not grow with the number of its subscriptions', {
  skip,
}, () => {
  const scans = runProgram<number>(`${WITHIN}
class Counted(dict):
    scans = 0
    def values(self): Counted.scans += 1; return super().values()
    def items(self): Counted.scans += 1; return super().items()
client = connect("ws://within", "key")
made = [client.subscribe(f"NSE:S{nth}", "ltp", on_tick=lambda _: None) for nth in range(300)]
for each in made: each.wait(10)
with client._changed: client._subscriptions = Counted(client._subscriptions)
about = {"symbol": "S299", "exchange": "NSE", "mode": 1}
for seq in range(1, 1001):
    socket.messages.put({"type": "receipt", **about, "merged": 1, "first_epoch": 1, "first_seq": seq, "epoch": 1, "last_seq": seq})
    socket.messages.put({"type": "market_data", **about, "data": {**about, "ltp": 1}, "epoch": 1, "seq": seq})
while made[-1].last is None or made[-1].last["seq"] < 1000: time.sleep(0.01)
print(Counted.scans)
`);
  // Time passes, so that it looks now and then; 2,000 messages on a machine however busy.
  assert.ok(scans < 100, `${scans}`);
});

test('an odd message costs a program in Python its connection, and never the client', { skip }, () => {
  const [ends, codes, isAlive, tick] = runProgram<[number, string[], boolean, unknown]>(`${WITHIN}
about = {"symbol": "TCS", "exchange": "NSE", "mode": 1}
tick = {"type": "market_data", **about, "data": {**about, "ltp": 1}, "epoch": 1, "seq": 1}
odd = [
    {"type": "market_data"}, {**tick, "data": []}, {**tick, "mode": [1]}, {**tick, "seq": "1"}, {**tick, "seq": 10**400}, {**tick, "data": {**about, "ltp": "1"}},
    {"type": "gap", **about, "missed": "1"}, {"type": "gap", "exchange": "NSE", "mode": 1}, {"type": "receipt", **about, "merged": "many"},
    {"type": "error"}, {"type": "feed_status", "instruments": None},
    {"type": "subscription_ended", "subscriptions": [{}]}, [], "[" * 200000,
]
def recv_data():
    message = Socket.recv_data(socket)[1].decode()
    return websocket.ABNF.OPCODE_TEXT, json.loads(message).encode() if message.startswith('"[') else message.encode()
socket.recv_data = recv_data
accept, logins = answer, []
odd_welcomes = [{"type": "auth", "features": None}, {"status": "error", "code": ["x"]}, {"status": "error"}]
def answer(request):
    if request["action"] != "authenticate": return accept(request)
    if logins or not odd_welcomes: return accept(request)
    return [odd_welcomes.pop()]
events = []
client = connect("ws://within", "key", on_event=events.append, initial_seconds=0.001, max_seconds=0.001)
read = client.subscribe("NSE:TCS", "ltp")
def ends(): return sum(event.get("state") in ("waiting", "closed") for event in events)
read.wait(10)
for message in odd:
    before = ends()
    socket.messages.put(message)
    while ends() == before: time.sleep(0.001)
    if client.state == "closed": break
    read.wait(10)
socket.messages.put({"type": "gap", **about})
socket.messages.put({"type": "gap", **about, "missed": -5})
socket.messages.put({**tick, "seq": 2})
print(json.dumps([ends(), sorted({event["code"] for event in events if event["type"] == "error"}), client._thread.is_alive(), read.get(10)["gap"]["missed"]]))
`);
  assert.deepEqual([ends, codes, isAlive, tick], [17, ['BAD_MESSAGE'], true, null]);
});

test('a program in Python asks again for what a confirmation leaves out, and never repeats its key', {
  skip,
}, () => {
  const [asked, place, texts] = runProgram<[number, string, string[]]>(`${WITHIN}
tickwire_client._RETRY_SECONDS = 0.01
accept, asked, events = answer, [], []
def answer(request):
    if request["action"] != "subscribe": return accept(request)
    asked.append(request)
    return [{**accept(request)[0], "subscriptions": []}] if len(asked) == 1 else accept(request)
client = connect("ws://within", "a-key-of-some-length", on_event=events.append)
read = client.subscribe("NSE:TCS", "ltp")
read.wait(5)
socket.messages.put({"type": "error", "code": "PROCESSING_ERROR", "message": "said a-key-of-some-length"})
socket.messages.put({"type": "order_update", "subscriptions": [{"message": "a-key-of-some-length"}]})
while events[-1]["type"] != "order_update": time.sleep(0.001)
print(json.dumps([len(asked), read.place, [events[-2]["message"], events[-1]["subscriptions"][0]["message"]]]))
`);
  assert.deepEqual([asked, place, texts], [2, 'held', ['said [key]', '[key]']]);
});

test('the moments that a server names are kept by a program in Python as far as they make sense', {
  skip,
}, () => {
  const [waits, isAlive] = runProgram<[number[], boolean]>(`${WITHIN}
advices = [-1, 1e12, "5", 0, 0, 0]
def answer(request):
    if request["action"] != "authenticate": return []
    return [{"type": "auth", "features": request["features"]}, {"type": "going_away", "reconnect_after_ms": advices[min(len(waits), 5)]}, None]
waits = []
def listen(event):
    if event.get("state") == "waiting" and len(waits) < len(advices): waits.append(event["retry_seconds"])
client = connect("ws://within", "key", on_event=listen, initial_seconds=0.04)
client._changed.wait_for = lambda until, seconds=None: until()
while len(waits) < len(advices): time.sleep(0.001)
client.close()
def refuse(*_, **__): raise ConnectionRefusedError("no")
websocket.create_connection, attempts = refuse, []
client = connect("ws://within", "key", on_event=attempts.append, max_seconds=0)
while client.state != "closed" and len(attempts) < 2200: time.sleep(0.001)
print(json.dumps([waits, client.state != "closed"]))
`);
  assert.deepEqual([waits[0], waits[1], isAlive], [0.05, 300, true], waits.join());
  // Each of them is a connection that did not last: 40 ms doubled each time, and at least half of that.
  assert.ok(waits[2]! >= 0.08 && waits[5]! >= 0.64, waits.join());
});

test('a program in Python whose connects hang and fail knocks ever more rarely', { skip }, () => {
  const pauses = runProgram<number[]>(`${WITHIN}
tickwire_client._STABLE_SECONDS = 0.02
def hang(*_, **__):
    time.sleep(0.03)
    raise TimeoutError("no answer")
websocket.create_connection = hang
pauses = []
def listen(event):
    if event.get("state") == "waiting": pauses.append(event["retry_seconds"])
client = connect("ws://within", "key", on_event=listen, initial_seconds=0.01)
while len(pauses) < 5: time.sleep(0.01)
client.close()
print(json.dumps(pauses))
`);
  // 10 ms doubled each time, and at least half of that.
  assert.ok(pauses[4]! >= 0.08, pauses.join());
});

test('what a program in Python subscribes on other terms while its connection is away does not come back on the old ones', {
  skip,
}, () => {
  const asked = runProgram<unknown[]>(`${WITHIN}
accept, asked = answer, []
one, other = {"symbol": "TCS", "exchange": "NSE"}, {"symbol": "INFY", "exchange": "NSE"}
def answer(request):
    if request["action"] != "authenticate":
        asked.append([request["action"], [each["symbol"] for each in request["symbols"]], request.get("max_rate")])
        return accept(request)
    if "session" not in request: return [{**accept(request)[0], "session": "first"}]
    entries = [{**each, "status": "success", "mode": "LTP", "max_rate": 1} for each in (one, other)]
    return [accept(request)[0], {"type": "session", "status": "resumed", "subscriptions": entries, "orders": False}]
def listen(event):
    if event.get("state") != "waiting": return
    made[0].unsubscribe()
    made.append(client.subscribe("NSE:TCS", "ltp"))
client = connect("ws://within", "key", on_event=listen, initial_seconds=0.01)
made = [client.subscribe("NSE:TCS", "ltp", max_rate=1), client.subscribe("NSE:INFY", "ltp", max_rate=1)]
for each in made: each.wait(10)
del asked[:]
socket.messages.put(None)
while len(made) < 3: time.sleep(0.01)
made[2].wait(10)
client.close()
print(json.dumps(asked))
`);
  assert.deepEqual(asked, [
    ['unsubscribe', ['TCS'], null],
    ['subscribe', ['TCS'], null],
  ]);
});

test('what a program in Python drops under way and subscribes again is not ended by the answer to the first request', {
  skip,
}, () => {
  const [confirmed, errors] = runProgram<[boolean, unknown[]]>(`${WITHIN}
accept, held = answer, []
def answer(request):
    if request["action"] != "subscribe": return accept(request)
    held.append(request)
    return [] if len(held) == 1 else accept(request)
errors = []
client = connect("ws://within", "key", on_event=lambda event: errors.append(event) if event["type"] == "error" else None)
dropped = client.subscribe("NSE:TCS", "ltp")
while not held: time.sleep(0.01)
dropped.unsubscribe()
again = client.subscribe("NSE:TCS", "ltp")
socket.messages.put({"status": "error", "code": "SYMBOL_NOT_FOUND", "message": "no"})
try: again.wait(10)
except TimeoutError: pass
print(json.dumps([again.place == "held", errors]))
`);
  assert.deepEqual([confirmed, errors], [true, []]);
});
