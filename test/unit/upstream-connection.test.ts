/**
 * The state machine of an upstream connection, interrupted in each of its states, on real sockets. Whatever happens, there
 * is never a second socket: brokers count them.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { BROKER_ROWS } from '../../src/main/brokers/broker-registry.ts';
import { SILENCE_CHECK_MS } from '../../src/workers/feed/upstream-connection.ts';
import { type ConnectionScene, connectionScene, FOR_LONG_MS } from '../support/connection-scene.ts';
import { TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';
import { UpstreamServer } from '../support/upstream-server.ts';

const WAITS_LONG = { backoffInitialMs: FOR_LONG_MS, backoffMaxMs: FOR_LONG_MS };

/** The ways into each state in which something may happen to a connection. */
const IN_STATE = {
  /** The handshake is under way and the broker does not answer. */
  connecting: async (t: TestContext) => {
    const scene = await connectionScene(t);
    scene.server.script.push('hang');
    scene.connection.start();
    await until('the handshake', () => scene.server.handshakes.length === 1);
    return scene;
  },
  live: async (t: TestContext) => {
    const scene = await connectionScene(t);
    scene.connection.start();
    await scene.until('live');
    await until('the socket', () => scene.server.open.length === 1);
    return scene;
  },
  'reconnecting, in the wait': async (t: TestContext) => {
    const scene = await connectionScene(t, WAITS_LONG);
    scene.server.script.push({ status: 500 });
    scene.connection.start();
    await scene.until('reconnecting');
    return scene;
  },
  'reconnecting, in an attempt': async (t: TestContext) => {
    const scene = await connectionScene(t);
    scene.server.script.push({ status: 500 }, 'hang');
    scene.connection.start();
    await until('the second handshake', () => scene.server.handshakes.length === 2);
    return scene;
  },
  refused: async (t: TestContext) => {
    const scene = await connectionScene(t);
    scene.server.script.push({ status: 401 });
    scene.connection.start();
    await scene.until('refused');
    return scene;
  },
} as const;

const STATES = Object.entries(IN_STATE);

function assertOneSocket({ server }: ConnectionScene): void {
  assert.ok(server.mostOpen <= 1, `${server.mostOpen} sockets were open at once`);
  assert.ok(server.open.length <= 1);
}

describe('a connection that is told to stop', () => {
  for (const [state, enter] of STATES) {
    test(`while it is ${state} leaves no socket, and nothing wakes it again`, async (t) => {
      const scene = await enter(t);
      const handshakes = scene.server.handshakes.length;
      await Promise.all([scene.connection.stop(), scene.connection.stop()]);
      await until('no connection', () => scene.server.connections === 0);
      for (const wake of [
        () => scene.connection.start(),
        () => scene.connection.renew(),
        () => scene.connection.suspend('late'),
        () => scene.connection.reconnect('late'),
      ]) {
        wake();
        assert.equal(scene.connection.state, 'stopped');
      }
      await scene.connection.stop();
      assert.equal(scene.server.handshakes.length, handshakes);
      assert.deepEqual(scene.failures, []);
      if (state === 'live') assert.deepEqual(scene.server.closeCodes, [1000], 'with a close handshake');
    });
  }
});

describe('a connection that gets new tokens', () => {
  for (const [state, enter] of STATES) {
    test(`while it is ${state} is made anew with them at once, and only once`, async (t) => {
      const scene = await enter(t);
      const handshakes = scene.server.handshakes.length;
      scene.token = 'token-2';
      scene.connection.renew();
      assert.equal(scene.connection.state, 'connecting');
      await scene.until('live');
      await until('the socket', () => scene.server.open.length === 1);
      assert.equal(scene.server.handshakes.length, handshakes + 1);
      assert.equal(scene.server.handshakes.at(-1)?.headers['x-token'], 'token-2');
      assertOneSocket(scene);
      assert.equal(scene.counts.lost, state === 'live' ? 1 : 0);
    });

    test(`while it is ${state} three times in a row ends with one socket and the latest tokens`, async (t) => {
      const scene = await enter(t);
      for (const token of ['token-2', 'token-3', 'token-4']) {
        scene.token = token;
        scene.connection.renew();
      }
      await scene.until('live');
      await until('the socket', () => scene.server.open.length === 1);
      assert.equal(scene.server.handshakes.at(-1)?.headers['x-token'], 'token-4');
      assertOneSocket(scene);
      assert.equal(scene.counts.opened - scene.counts.lost, 1);
    });
  }

  test('while the refusal of the old ones is on its way tries the new ones', async (t) => {
    const scene = await connectionScene(t);
    scene.server.script.push({ status: 401 });
    scene.server.onHandshake = () => {
      if (scene.token === 'token-2') return;
      scene.token = 'token-2';
      scene.connection.renew();
    };
    scene.connection.start();
    await scene.until('live');
    assert.ok(scene.entered.every(({ state }) => state !== 'refused'));
  });
});

describe('a connection that loses its session', () => {
  for (const [state, enter] of STATES) {
    test(`while it is ${state} closes its socket and waits, and comes back with the next login`, async (t) => {
      const scene = await enter(t);
      const handshakes = scene.server.handshakes.length;
      scene.connection.suspend('logged out');
      await until('no connection', () => scene.server.connections === 0);
      assert.equal(scene.connection.state, 'refused');
      assert.equal(scene.reasonOf('refused'), 'logged out');
      assert.equal(scene.server.handshakes.length, handshakes);
      scene.connection.renew();
      await scene.until('live');
      assert.equal(scene.server.handshakes.length, handshakes + 1);
      assertOneSocket(scene);
    });

    test(`while it is ${state} and gets a new one before the old socket has closed has one socket`, async (t) => {
      const scene = await enter(t);
      scene.connection.suspend('logged out');
      scene.connection.renew();
      scene.connection.suspend('logged out again');
      scene.connection.renew();
      await scene.until('live');
      await until('the socket', () => scene.server.open.length === 1);
      assertOneSocket(scene);
    });
  }
});

describe('a connection that the other side ends', () => {
  test('in the handshake is tried again, and is live in the end', async (t) => {
    const scene = await connectionScene(t);
    scene.server.script.push('reset', { status: 503 }, 'reset');
    scene.connection.start();
    await scene.until('live');
    assert.equal(scene.server.handshakes.length, 4);
    assert.equal(scene.counts.lost, 0, 'nothing was lost that never was');
  });

  test('by a close frame or by a reset is lost once and made anew', async (t) => {
    const scene = await IN_STATE.live(t);
    scene.server.open[0]!.close(1001);
    await until('the second socket', () => scene.counts.opened === 2);
    assert.match(scene.reasonOf('reconnecting'), /^socket closed with code 1001; next attempt in \d+ ms$/);
    await until('the second socket', () => scene.server.open.length === 1);
    scene.server.open[0]!.terminate();
    await until('the third socket', () => scene.counts.opened === 3);
    assert.equal(scene.counts.lost, 2);
    assert.equal(scene.connection.reconnects, 2);
    assertOneSocket(scene);
  });

  test('with bytes that are no WebSocket frame is left for another', async (t) => {
    const scene = await IN_STATE.live(t);
    // A frame with reserved bits set.
    scene.server.writeRaw(Buffer.from([0xff, 0]));
    await until('the second socket', () => scene.counts.opened === 2);
    assert.match(scene.reasonOf('reconnecting'), /Invalid WebSocket frame/);
  });

  test('that does not answer the handshake in time is tried again', async (t) => {
    const scene = await connectionScene(t, { handshakeTimeoutMs: 100 });
    scene.server.script.push('hang');
    scene.connection.start();
    await scene.until('live');
    assert.match(scene.reasonOf('reconnecting'), /^the handshake was not answered within 0\.1 s/);
  });

  test('that answers the handshake byte by byte, and never to its end, is tried again', async (t) => {
    const scene = await connectionScene(t, { handshakeTimeoutMs: 200 });
    scene.server.script.push('hang');
    scene.connection.start();
    await until('the handshake', () => scene.server.handshakes.length === 1);
    scene.server.writeRaw(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nX-Slow: '));
    const trickle = setInterval(() => scene.server.writeRaw(Buffer.from('z')), 20);
    t.after(() => clearInterval(trickle));
    await until('another attempt', () => scene.entered.some(({ state }) => state === 'reconnecting'));
    clearInterval(trickle);
    await scene.until('live');
  });

  test('that hangs with its socket open is found by its silence, and soon', async (t) => {
    const scene = await connectionScene(t, { deadAfterMs: 400, pingIntervalMs: 50, ...WAITS_LONG });
    scene.connection.start();
    await scene.until('live');
    await until('the socket', () => scene.server.open.length === 1);
    scene.server.open[0]!.pause();
    const since = performance.now();
    await scene.until('reconnecting');
    const foundAfterMs = performance.now() - since;
    assert.match(scene.reasonOf('reconnecting'), /^no frame for 0\.4 s/);
    // The silence counts from the latest frame, and is looked for four times in its time.
    assert.ok(foundAfterMs < 400 + 100 + 250, `found after ${foundAfterMs} ms`);
  });

  test('is found within half a minute with the defaults of every broker', () => {
    for (const { heartbeat, title } of BROKER_ROWS) {
      assert.ok(heartbeat.deadAfterMs + SILENCE_CHECK_MS <= 30_000, title);
    }
  });

  test('for want of a heartbeat would be our fault: it is sent at once and at its interval', async (t) => {
    const scene = await connectionScene(t, { pingIntervalMs: 10 });
    scene.connection.start();
    await until('heartbeats', () => scene.server.texts.length >= 3);
    assert.ok(scene.server.texts.every((text) => text === 'ping'));
  });
});

describe('a connection that the broker refuses', () => {
  for (const status of [401, 403]) {
    test(`with HTTP ${status} waits for other tokens and does not try again`, async (t) => {
      const scene = await connectionScene(t);
      scene.server.treatment = { status, message: 'Invalid Feed Token' };
      scene.connection.start();
      await scene.until('refused');
      assert.equal(scene.reasonOf('refused'), `handshake answered HTTP ${status} (Invalid Feed Token)`);
      assert.equal(scene.counts.tokensRefused, 1);
      await until('no connection', () => scene.server.connections === 0);
      scene.connection.reconnect('in vain');
      scene.connection.start();
      assert.equal(scene.connection.state, 'refused');
      assert.equal(scene.server.handshakes.length, 1);
    });
  }

  test('with HTTP 429 waits for a free slot, at a pace of its own', async (t) => {
    const scene = await connectionScene(t, { ...WAITS_LONG, slotWaitMinMs: 30, slotWaitMaxMs: 60 });
    scene.server.script.push({ status: 429 }, { status: 429 });
    scene.connection.start();
    await scene.until('live');
    const waits = scene.entered.filter(({ state }) => state === 'reconnecting');
    assert.equal(waits.length, 2);
    for (const { reason } of waits) {
      assert.match(
        reason,
        /^handshake answered HTTP 429; waits for a free slot at the broker; next attempt in /,
      );
      const ms = Number(/in (\d+) ms$/.exec(reason)?.[1]);
      assert.ok(ms >= 30 && ms <= 60, reason);
    }
  });

  test('with headers that cannot be sent waits for other tokens and shows none of them', async (t) => {
    const scene = await connectionScene(t);
    scene.token = 'secret\nwith a line end';
    scene.connection.start();
    await scene.until('refused');
    assert.match(scene.reasonOf('refused'), /the handshake cannot be made/);
    assert.doesNotMatch(scene.reasonOf('refused'), /secret/);
    scene.token = 'token-2';
    scene.connection.renew();
    await scene.until('live');
  });
});

test('a connection that is started twice makes one socket', async (t) => {
  const scene = await connectionScene(t);
  scene.connection.start();
  scene.connection.start();
  await scene.until('live');
  scene.connection.start();
  assert.equal(scene.server.handshakes.length, 1);
  assertOneSocket(scene);
});

test('a live connection that is given up is made anew once, and the reason is told', async (t) => {
  const scene = await IN_STATE.live(t);
  scene.connection.reconnect('the feed is mute');
  scene.connection.reconnect('the feed is mute');
  await until('the second socket', () => scene.counts.opened === 2);
  assert.match(scene.reasonOf('reconnecting'), /^the feed is mute; next attempt in/);
  assert.equal(scene.counts.lost, 1);
  assertOneSocket(scene);
});

test('a server whose certificate nobody has signed is refused, and the reason names it', async (t) => {
  const server = await UpstreamServer.listen(t, TEST_TLS);
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  // What people copy from a forum when a certificate is in their way.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.after(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  const scene = await connectionScene(t, WAITS_LONG, { server });
  scene.connection.start();
  await scene.until('reconnecting');
  const { host } = new URL(server.url);
  assert.match(
    scene.reasonOf('reconnecting'),
    new RegExp(`^self-signed certificate: .*${host}.*NODE_EXTRA_CA_CERTS`),
  );
  assert.equal(server.handshakes.length, 0, 'no token was sent');
});

test('no reason shows a token or the query of an address, whoever wrote it', async (t) => {
  const token = 'SeCrEt+token/1=';
  const url = ({ url: base }: UpstreamServer, secret: string) =>
    `${base}?api_key=KEY-1&access_token=${encodeURIComponent(secret)}`;
  const scene = await connectionScene(t, { handshakeTimeoutMs: 50 }, { url });
  scene.token = token;
  scene.server.script.push(
    { status: 500, message: `bad token ${token} at wss://x/?access_token=${token}&api_key=KEY-1` },
    'hang',
    'reset',
    { status: 403, message: `unknown ${encodeURIComponent(token)}` },
  );
  scene.connection.start();
  await scene.until('refused');
  const reasons = scene.entered.map(({ reason }) => reason).join('\n');
  assert.match(reasons, /HTTP 500 \(bad token \(hidden\)/);
  for (const hidden of [token, encodeURIComponent(token), 'KEY-1', 'access_token=']) {
    assert.ok(!reasons.includes(hidden), reasons);
  }
});

test('what the owner throws while it reads a message is told, and kills no thread', async (t) => {
  const scene = await connectionScene(
    t,
    {},
    {
      onReceived: () => {
        throw new Error('no luck');
      },
    },
  );
  scene.connection.start();
  await until('the socket', () => scene.server.open.length === 1);
  scene.server.open[0]!.send('anything');
  await until('the failure', () => scene.failures.length === 1);
  assert.match(String(scene.failures[0]), /no luck/);
});

test('a message that is longer than any broker sends ends the connection, not the memory, and it is made anew', async (t) => {
  const scene = await IN_STATE.live(t);
  scene.server.open[0]!.send(Buffer.alloc(16 * 1024 * 1024 + 1));
  await until('the second socket', () => scene.counts.opened === 2);
  assert.match(scene.reasonOf('reconnecting'), /Max payload size exceeded/);
  assertOneSocket(scene);
});
