/** The page as a client of the engine: when it asks for another key, and when it comes again with the one that it has. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ClientLink } from '../../../dashboard/client-link.js';
import { type Scripted, ScriptedServer } from '../../support/scripted-server.ts';
import { until } from '../../support/until.ts';

async function open(t: TestContext, refusal: Scripted) {
  const server = await ScriptedServer.start(t);
  server.script = ({ action }) => (action === 'authenticate' ? [refusal] : null);
  const states: { readonly isLive: boolean; readonly words: string }[] = [];
  const wrong: string[] = [];
  const link = new ClientLink(server.url, 'key', () => [], {
    onTick: () => {},
    onFeedStatus: () => {},
    onEntry: () => {},
    onState: (isLive: boolean, words: string) => void states.push({ isLive, words }),
    onWrongKey: (message: string) => void wrong.push(message),
  });
  t.after(() => link.close());
  return { server, states, wrong };
}

const refused = (message: string) => ({ status: 'error', code: 'AUTHENTICATION_ERROR', message });

test('a key that cannot be checked now is kept, and the page comes again with it', async (t) => {
  const words = 'The key could not be checked now; try again in a few seconds';
  const { server, states, wrong } = await open(t, refused(words));
  await until('the refusal', () => states[0]);
  assert.deepEqual(states, [{ isLive: false, words }]);
  server.script = () => null;
  await until('a connection that is served', () => states.at(-1)?.isLive);
  assert.deepEqual(server.connections.at(-1)!.requests[0]!.api_key, 'key');
  assert.deepEqual(wrong, []);
});

test('a wrong key is asked for again, and tried no more', async (t) => {
  const { server, states, wrong } = await open(t, refused('Invalid API key'));
  await until('the question', () => wrong.length > 0);
  await until('the end of the connection', () => server.connections[0]!.isClosed);
  assert.deepEqual([wrong, states, server.connections.length], [['Invalid API key'], [], 1]);
});
