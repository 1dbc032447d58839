/** What a proxy worker tells main of connections that come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdmissionDesk } from '../../src/main/admission/admission-desk.ts';
import { clientLimits } from '../../src/main/admission/client-limits.ts';
import { loadConfig } from '../../src/main/config.ts';
import type { FromAdmission } from '../../src/workers/admission-messages.ts';
import { Admission, type Connection } from '../../src/workers/proxy/admission/admission.ts';

const { config } = loadConfig({
  argv: ['--max-connections-per-address=2'],
  env: {},
  cwd: '/nonexistent',
});

/** A worker and the main thread, which reads what it was told when `endTurn` is called. */
function admissionScene() {
  const posted: FromAdmission[] = [];
  const refused: number[] = [];
  const desk = new AdmissionDesk({
    limits: clientLimits(config),
    workers: 1,
    post: (message) => admission.handle(message),
    log: { warn: () => {} },
  });
  const admission: Admission = new Admission({
    task: desk.task(0),
    post: (message) => posted.push(message),
    onRefused: (connection) => refused.push(connection),
  });
  return {
    posted,
    refused,
    admission,
    enter: (address: string): Connection => {
      const entered = admission.enter(address);
      return typeof entered === 'string' ? assert.fail(entered) : entered;
    },
    endTurn: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const messages = posted.splice(0);
      for (const message of messages) desk.onMessage(0, message, (answer) => admission.handle(answer));
      return messages;
    },
  };
}

test('thousands that come in one go are one message to main, and those that left in it are not in it', async () => {
  const { enter, admission, endTurn } = admissionScene();
  const connections = Array.from({ length: 2000 }, (_, i) => enter(`10.0.${i >> 8}.${i & 255}`));
  for (const each of connections.slice(500)) admission.leave(each);
  const [message, ...others] = await endTurn();
  assert.deepEqual(others, []);
  assert.ok(message?.type === 'connectionsChanged');
  assert.equal(message.opened.length, 500);
  assert.deepEqual(message.gone, []);
  for (const each of connections.slice(0, 500)) admission.leave(each);
  assert.equal((await endTurn()).length, 1);
  assert.deepEqual(await endTurn(), []);
});

test('a client that goes leaves its place to one that comes in the same turn', async () => {
  const { enter, admission, endTurn, refused } = admissionScene();
  const first = enter('a');
  await endTurn();
  admission.leave(first);
  enter('a');
  enter('a');
  await endTurn();
  assert.deepEqual(refused, []);
  assert.equal(admission.enter('a'), 'address');
});

test('main knows the address of a connection when it is asked about its key', async () => {
  const { enter, admission, posted, endTurn } = admissionScene();
  const connection = enter('a');
  const admitted = admission.useKey(connection, 'key', null);
  assert.deepEqual(
    posted.map(({ type }) => type),
    ['connectionsChanged', 'admitKey'],
  );
  await endTurn();
  assert.equal((await admitted).isRefused, false);
});
