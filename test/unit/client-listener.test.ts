import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseListenerTls } from '../../src/main/config/client-listener.ts';
import { loadConfig } from '../../src/main/config.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { TEST_TLS } from '../support/tls-identity.ts';

function choose(host: string, ...flags: readonly string[]) {
  const argv = [`--websocket-host=${host}`, ...flags];
  return chooseListenerTls(loadConfig({ argv, env: {}, cwd: '/nonexistent' }).config, '/');
}

const PUBLIC = [
  '0.0.0.0',
  '::',
  '[::]',
  '192.168.1.5',
  '::ffff:127.0.0.1',
  'tickwire',
  'localhost.example.com',
  '127.example.com',
];

test('clients without TLS are for this host alone: an address that others reach is refused with every way out', () => {
  for (const host of PUBLIC) {
    assert.throws(
      () => choose(host),
      (error) => {
        assert.ok(error instanceof TickwireError && error.code === 'CONFIG_INVALID', String(error));
        assert.ok(error.message.startsWith(`WEBSOCKET_HOST is ${host},`), error.message);
        for (const wayOut of [
          'TICKWIRE_TLS_CERT',
          'tickwire certificate',
          'WEBSOCKET_HOST=127.0.0.1',
          'TICKWIRE_WEBSOCKET_ALLOW_PLAIN=true',
        ])
          assert.ok(error.message.includes(wayOut), `${wayOut}: ${error.message}`);
        return true;
      },
    );
  }
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'LocalHost'])
    assert.equal(choose(host), null);
});

test('an address that others reach is taken with a certificate, and without one where that was allowed by name', (t) => {
  const { certFile, keyFile, flags } = writeTlsFiles(t, TEST_TLS);
  for (const host of PUBLIC) {
    const { version: _, ...found } = choose(host, ...flags)!;
    assert.deepEqual(found, { certFile, keyFile });
    assert.equal(choose(host, '--websocket-allow-plain'), null);
  }
});
