import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dashboardPolicy, isOwnHost, isOwnOrigin } from '../../src/main/dashboard/request-guard.ts';

test('on an address of this host only names of this host are served, whatever the port', () => {
  for (const host of ['127.0.0.1:8770', 'localhost', 'LOCALHOST:1', '[::1]:8770', '127.1.2.3']) {
    assert.ok(isOwnHost('127.0.0.1', host), host);
  }
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example:8770',
    'localhost.evil.example',
    '',
    '[::2]:1',
  ]) {
    assert.ok(!isOwnHost('127.0.0.1', host), host);
  }
  assert.ok(isOwnHost('0.0.0.0', 'engine.example:8770'));
});

test('a WebSocket is opened by a page of this very address, or by what is no page', () => {
  assert.ok(isOwnOrigin('', '127.0.0.1:8770', false));
  assert.ok(isOwnOrigin('http://127.0.0.1:8770', '127.0.0.1:8770', false));
  assert.ok(isOwnOrigin('https://engine.example', 'engine.example', true));
  const others = [
    'null',
    'http://127.0.0.1',
    'http://127.0.0.1:8771',
    'https://127.0.0.1:8770',
    'http://evil.example',
  ];
  for (const origin of others) assert.ok(!isOwnOrigin(origin, '127.0.0.1:8770', false), origin);
});

test("the page may connect to the clients' port, by its address and by the name in the address bar, and nowhere else", () => {
  const sources = (host: string, clientUrl: string | null, isTls = false) =>
    /connect-src ([^;]*)/.exec(dashboardPolicy(host, isTls, clientUrl))![1];
  assert.equal(
    sources('localhost:8770', 'ws://127.0.0.1:8765'),
    "'self' ws://localhost:8770 ws://127.0.0.1:8765 ws://localhost:8765",
  );
  assert.equal(
    sources('engine.example:8770', 'wss://127.0.0.1:8765', true),
    "'self' wss://engine.example:8770 wss://127.0.0.1:8765 wss://engine.example:8765",
  );
  assert.equal(sources('[::1]:8770', null), "'self' ws://[::1]:8770");
});

test('a name with more in it than a name does not get into the policy', () => {
  const policy = dashboardPolicy("x; script-src 'unsafe-inline'", false, 'ws://127.0.0.1:8765');
  assert.doesNotMatch(policy, /unsafe-inline/);
});
