/** `tickwire certificate`, and clients of an engine that uses what it made. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../src/main/commands/certificate.ts';
import { parseEnvFile } from '../../src/main/config/env-file.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** Runs the command. @returns what it printed */
async function certificate(cwd: string, ...argv: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  assert.equal(await run({ argv, cwd, env: {}, script: '', print, printError: assert.fail }), 0);
  return lines.join('\n');
}

async function refusal(cwd: string, ...argv: readonly string[]): Promise<TickwireError> {
  const error: unknown = await certificate(cwd, ...argv).then(
    () => null,
    (each) => each,
  );
  assert.ok(error instanceof TickwireError, argv.join(' '));
  return error;
}

test('what certificate prints is the .env of an engine whose clients come over TLS when they trust the file, and not otherwise', async (t) => {
  const cwd = temporaryDirectory(t);
  const stdout = await certificate(cwd, '--host', 'trading.lan, 192.168.1.5');
  const { TICKWIRE_TLS_CERT: certFile = '', TICKWIRE_TLS_KEY: keyFile = '', ...rest } = parseEnvFile(stdout);
  assert.deepEqual(rest, {});
  assert.equal(statSync(keyFile).mode & 0o077, 0);
  const ca = readFileSync(certFile, 'utf8');
  const cert = new X509Certificate(ca);
  for (const name of ['localhost', 'trading.lan']) assert.equal(cert.checkHost(name), name);
  for (const address of ['127.0.0.1', '::1', '192.168.1.5']) assert.ok(cert.checkIP(address), address);
  assert.equal(cert.ca, false);

  const flags = [`--tls-cert=${certFile}`, `--tls-key=${keyFile}`];
  const { client, exchange } = await startEngineFixture(t, { flags });
  const trader = await client({ ca });
  await trader.subscribe('NSE', 'RELIANCE');
  await until('a tick', () => {
    exchange.step();
    return trader.ticks('RELIANCE').length > 0;
  });
  await assert.rejects(client(), /self-signed certificate/);
});

test('certificate replaces no file, and refuses a flag or a host that it does not understand', async (t) => {
  const cwd = temporaryDirectory(t);
  await certificate(cwd, '--dir=own');
  const again = await refusal(cwd, '--dir=own');
  assert.equal(again.code, 'CERTIFICATE_UNWRITABLE');
  assert.match(again.message, /own\/tickwire\.crt is there already/);
  for (const argv of [['--days=1'], ['--host=https://a/'], ['--host=a:8765'], ['twice']])
    assert.equal((await refusal(cwd, ...argv)).code, 'COMMAND_INVALID', argv.join(' '));
});

test('every command tells that the environment cannot switch the check of certificates off', async (t) => {
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const { code, stderr } = await runCli(['version'], { cwd: temporaryDirectory(t), env });
  assert.equal(code, 0);
  assert.match(stderr, /^tickwire: NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect/);
});
