import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const RESET_SOCKET = new URL('../../src/main/simulator/reset-socket.ts', import.meta.url);

/** Resets its end of a connection, once the peer's has come or its own is under way, and should then end by itself. */
const program = (before: string) => `
  import { connect, createServer } from 'node:net';
  import { resetSocket } from ${JSON.stringify(RESET_SOCKET.href)};
  const server = createServer((near) => {
    near.on('error', (error) => console.log(error.code));
    near.once('data', () => {
      ${before}
      resetSocket(near);
      near.once('close', () => server.close());
    });
  }).listen(0, '127.0.0.1', () => {
    const far = connect(server.address().port, '127.0.0.1', () => far.write('x'));
    far.on('error', () => undefined);
  });
`;

test('a program that resets a connection can end, also when the end of that was under way', async () => {
  for (const before of ['', 'near.end();', 'near.write(Buffer.alloc(1e7)); near.end();']) {
    const args = ['--input-type=module', '--eval', program(before)];
    // One that hangs does so with a whole core, at its end, and takes no signal but this one.
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      timeout: 10_000,
      killSignal: 'SIGKILL',
    });
    assert.equal(stdout, '', before);
  }
});
