/** A certificate that is replaced while clients are connected: TICKWIRE_TLS_CERT and TICKWIRE_TLS_KEY. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { writeTlsFiles } from '../support/tls-files.ts';
import { STRANGER_TLS, TEST_TLS } from '../support/tls-identity.ts';
import { until } from '../support/until.ts';

for (const workers of [1, 2]) {
  const who = workers === 1 ? 'a worker' : 'each of two workers';
  test(`who comes behind a reload sees the new certificate of ${who}, and who was there misses no tick`, async (t) => {
    const files = writeTlsFiles(t, TEST_TLS);
    const other = writeTlsFiles(t, STRANGER_TLS);
    const flags = [`--proxy-workers=${workers}`];
    const tls = [`TICKWIRE_TLS_CERT=${files.certFile}`, `TICKWIRE_TLS_KEY=${files.keyFile}`];
    const fixture = await startEngineFixture(t, { flags, envFile: tls });
    const { reload, client, exchange, wsUrl } = fixture;
    const port = Number(new URL(wsUrl).port);
    /** The certificates that a client of so many connections sees: each may come to another worker. */
    const shown = async () => {
      const seen = new Set<string>();
      for (let i = 0; i < 4 * workers; i++) {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
        await once(socket, 'secureConnect');
        seen.add(socket.getPeerX509Certificate()!.toString());
        socket.destroy();
      }
      return [...seen].map((pem) => pem.trim());
    };
    const before = await client({ ca: TEST_TLS.cert, features: ['sequence'] });
    await before.subscribe('NSE', 'RELIANCE', 1);
    const oneTick = async (...clients: readonly (typeof before)[]) => {
      const counts = clients.map((each) => each.ticks().length);
      exchange.step();
      await until('the tick', () => clients.every((each, i) => each.ticks().length > counts[i]!));
    };
    await oneTick(before);
    assert.deepEqual(await shown(), [TEST_TLS.cert.trim()]);

    // Under the same name, as whoever renews certificates does it.
    copyFileSync(other.certFile, files.certFile);
    await assert.rejects(reload(...tls), { code: 'CONFIG_INVALID' });
    assert.deepEqual(await shown(), [TEST_TLS.cert.trim()]);
    copyFileSync(other.keyFile, files.keyFile);
    const { reloaded } = await reload(...tls);
    assert.deepEqual(
      reloaded.map(({ name }) => name),
      ['TICKWIRE_TLS_CERT'],
    );
    assert.deepEqual(await shown(), [STRANGER_TLS.cert.trim()]);
    const behind = await client({ ca: STRANGER_TLS.cert, features: ['sequence'] });
    await behind.subscribe('NSE', 'RELIANCE', 1);
    await oneTick(before, behind);
    await oneTick(before, behind);

    // Under another name, and back.
    writeFileSync(files.certFile, 'no certificate');
    const renamed = [`TICKWIRE_TLS_CERT=${other.certFile}`, `TICKWIRE_TLS_KEY=${other.keyFile}`];
    assert.equal((await reload(...renamed)).reloaded.length, 2);
    writeFileSync(files.certFile, TEST_TLS.cert);
    writeFileSync(files.keyFile, TEST_TLS.key);
    assert.equal((await reload(...tls)).reloaded.length, 2);
    assert.deepEqual(await shown(), [TEST_TLS.cert.trim()]);
    const last = await client({ ca: TEST_TLS.cert, features: ['sequence'] });
    await last.subscribe('NSE', 'RELIANCE', 1);
    await oneTick(before, behind, last);
    const seqs = before.ticks().map(({ seq }) => Number(seq));
    assert.deepEqual(
      seqs,
      seqs.map((_, i) => seqs[0]! + i),
    );

    const { needRestart } = await reload();
    assert.deepEqual(
      needRestart.map(({ name }) => name),
      ['TICKWIRE_TLS_CERT', 'TICKWIRE_TLS_KEY'],
    );
    await oneTick(before, behind, last);
  });
}

test('a reload behind one that not all workers have followed says that it has changed the certificate', async (t) => {
  const files = writeTlsFiles(t, TEST_TLS);
  const other = writeTlsFiles(t, STRANGER_TLS);
  const tls = [`TICKWIRE_TLS_CERT=${files.certFile}`, `TICKWIRE_TLS_KEY=${files.keyFile}`];
  const { reload, engine } = await startEngineFixture(t, { envFile: tls });
  const proxy = engine.readers.at(-1)!;
  const post = proxy.post.bind(proxy);
  const mocked = t.mock.method(proxy, 'post', (message: Parameters<typeof post>[0]) => {
    if (message.type !== 'reload' || message.options.tls === null) return post(message);
    // As if it were replaced between the look of the main thread and that of the worker.
    const gone = { ...message.options.tls, certFile: `${files.certFile}-gone` };
    post({ ...message, options: { ...message.options, tls: gone } });
  });
  copyFileSync(other.certFile, files.certFile);
  copyFileSync(other.keyFile, files.keyFile);
  for (let i = 0; i < 2; i++) await assert.rejects(reload(...tls), { code: 'TLS_NOT_RELOADED' });
  mocked.mock.restore();
  const { reloaded } = await reload(...tls);
  assert.deepEqual(
    reloaded.map(({ name }) => name),
    ['TICKWIRE_TLS_CERT'],
  );
  assert.deepEqual((await reload(...tls)).reloaded, []);

  // Replaced again as soon as the main thread has looked: a reload does not fail half way through by what it would see now.
  const check = engine.check.bind(engine);
  t.mock.method(engine, 'check', (...configs: Parameters<typeof check>) => {
    const chosen = check(...configs);
    writeFileSync(files.certFile, 'half a certificate');
    return chosen;
  });
  const limited = await reload(...tls, 'TICKWIRE_MAX_BATCH=1');
  assert.deepEqual(
    limited.reloaded.map(({ name }) => name),
    ['TICKWIRE_MAX_BATCH'],
  );
});
