/** Whatever a stranger makes fail costs the stranger's own connection: the others are the operator's eyes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveSocket } from '../../src/main/dashboard/live-connections.ts';
import { guardSockets } from '../../src/main/dashboard/socket-guard.ts';

const fails = () => {
  throw new TypeError('no such thing');
};

function fakeSocket(end: LiveSocket['end']): LiveSocket {
  return {
    getUserData: () => ({ address: '192.0.2.7', connection: undefined }),
    send: () => 1,
    end,
    close: () => {},
  };
}

test('a socket at which something fails is closed and told of, and the library sees no error', () => {
  const ended: (number | undefined)[] = [];
  const failures: string[] = [];
  const socket = fakeSocket((code) => void ended.push(code));
  const guarded = guardSockets({ open: fails, message: fails, close: fails }, (address, detail) =>
    failures.push(`${address} ${detail}`),
  );
  guarded.open(socket);
  guarded.message(socket, new ArrayBuffer(0));
  assert.deepEqual(ended, [1011, 1011]);
  guarded.close(socket);
  assert.equal(ended.length, 2, 'a closed socket is closed again');
  assert.equal(failures.length, 3);
  for (const failure of failures) assert.match(failure, /^192\.0\.2\.7 TypeError: no such thing\n +at /);
});

test('a socket that is closed already fails no further', () => {
  const guarded = guardSockets({ open: fails, message: fails, close: () => {} }, () => {});
  guarded.message(fakeSocket(fails), new ArrayBuffer(0));
});
