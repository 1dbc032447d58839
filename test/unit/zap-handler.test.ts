import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dealer } from 'zeromq';
import { makeCurvePair } from '../../src/main/config/curve-pair.ts';
import { createBusContext } from '../../src/workers/bus/bus-sockets.ts';
import { parseCurveKey } from '../../src/workers/bus/curve-key.ts';
import { releaseSocket } from '../../src/workers/bus/release-socket.ts';
import { ZapHandler } from '../../src/workers/bus/zap-handler.ts';

const KNOWN = makeCurvePair().publicKey;
const UNKNOWN = makeCurvePair().publicKey;

function request(key: string, { version = '1.0', mechanism = 'CURVE' } = {}): (string | Buffer)[] {
  return ['', version, 'id', 'tickwire', '10.0.0.1', '', mechanism, Buffer.from(key, 'hex')];
}

test('a key comes in when it is on the list and not otherwise, and requests that are none disturb nothing', async (t) => {
  const context = createBusContext();
  const refused: string[] = [];
  const handler = new ZapHandler({
    context,
    allowed: [parseCurveKey(KNOWN)!],
    onRefused: (key, address) => void refused.push(`${key} ${address}`),
  });
  await handler.start();
  const served = handler.serve();
  const asker = new Dealer({ context, linger: 0 });
  t.after(async () => {
    await releaseSocket(asker);
    await handler.close();
    await served;
  });
  asker.connect('inproc://zeromq.zap.01');
  /** The status, and whose request it was. */
  const ask = async (frames: (string | Buffer)[]) => {
    await asker.send(frames);
    const [, version, id, status] = await asker.receive();
    assert.deepEqual([String(version), String(id)], ['1.0', 'id']);
    return String(status);
  };
  assert.equal(await ask(request(KNOWN)), '200');
  assert.equal(await ask(request(UNKNOWN)), '300');
  assert.deepEqual(refused, [`${UNKNOWN} 10.0.0.1`]);
  for (const garbage of [[''], ['', '1.0'], ['x'.repeat(300), '1.0', 'id'], [Buffer.alloc(9)]]) {
    await asker.send(garbage);
  }
  assert.equal(await ask(request(KNOWN, { version: '2.0' })), '300');
  assert.equal(await ask(request(KNOWN, { mechanism: 'NULL' })), '300');
  assert.equal(await ask(request(KNOWN.slice(2))), '300');
  assert.equal(await ask(request(KNOWN)), '200');
  assert.equal(refused.length, 1, 'what is no key of anybody is told of nobody');

  assert.equal(handler.allow([UNKNOWN, KNOWN].map((key) => parseCurveKey(key)!)), false);
  assert.equal(await ask(request(UNKNOWN)), '200');
  assert.equal(handler.allow([]), true, 'those who are inside must be cut');
  assert.equal(await ask(request(KNOWN)), '300');
});
