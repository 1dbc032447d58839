import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { curveKeyPair } from 'zeromq';
import { readAllowedKeys } from '../../src/main/config/curve-allowed-file.ts';
import { makeCurvePair, publicCurveKey } from '../../src/main/config/curve-pair.ts';
import { chooseCurveClient, chooseCurveServer } from '../../src/main/config/curve-setup.ts';
import { loadConfig } from '../../src/main/config.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { curveKeyToHex, parseCurveKey } from '../../src/workers/bus/curve-key.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const PAIR = makeCurvePair();
const OTHER = makeCurvePair();

function configOf(...argv: readonly string[]) {
  return loadConfig({ argv, env: {}, cwd: '/nonexistent' }).config;
}

function listFile(t: TestContext, text: string): string {
  const path = join(temporaryDirectory(t), 'proxies.keys');
  writeFileSync(path, text);
  return path;
}

/** The message of the refusal. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof TickwireError && error.code === 'CONFIG_INVALID', String(error));
    for (const { secretKey } of [PAIR, OTHER]) {
      assert.ok(!error.message.includes(secretKey), 'a secret key is in the message');
    }
    return error.message;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

test('a bus that other hosts may reach is refused without keys, and one for this host alone is not', () => {
  const open = [
    'tcp://*:5556',
    'tcp://0.0.0.0:5556',
    'tcp://[::]:5556',
    'tcp://10.0.0.1:5556',
    'tcp://eth0:5556',
    'tcp://lo:5556',
    'tcp://127.example.com:5556',
    'tcp://[::ffff:127.0.0.1]:5556',
    'tcp://localhost.example.com:5556',
  ];
  for (const endpoint of open) {
    const message = refusal(() => chooseCurveServer(configOf(`--bus-endpoint=${endpoint}`), '/'));
    assert.ok(message.startsWith(`TICKWIRE_BUS_ENDPOINT is ${endpoint},`), message);
    for (const wayOut of ['keys curve', 'TICKWIRE_CURVE_ALLOWED', '127.0.0.1', 'TICKWIRE_BUS_ALLOW_PLAIN']) {
      assert.ok(message.includes(wayOut), `${wayOut}: ${message}`);
    }
    assert.equal(chooseCurveServer(configOf(`--bus-endpoint=${endpoint}`, '--bus-allow-plain'), '/'), null);
  }
  const own = [
    'tcp://127.0.0.1:1',
    'tcp://127.9.9.9:1',
    'tcp://[::1]:1',
    'tcp://localhost:1',
    'ipc:///bus',
    'inproc://bus',
  ];
  for (const endpoint of own) {
    assert.equal(chooseCurveServer(configOf(`--bus-endpoint=${endpoint}`), '/'), null);
  }
});

test('half a configuration of CURVE is refused, at either end, with what is missing', (t) => {
  const path = listFile(t, PAIR.publicKey);
  const secret = `--curve-secret-key=${PAIR.secretKey}`;
  const server = (...argv: string[]) => refusal(() => chooseCurveServer(configOf(...argv), '/'));
  const client = (...argv: string[]) => refusal(() => chooseCurveClient(configOf(...argv)));
  assert.match(server(secret), /TICKWIRE_CURVE_ALLOWED is not: nobody could read/);
  assert.match(server(`--curve-allowed=${path}`), /TICKWIRE_CURVE_SECRET_KEY is not: the bus has no key/);
  assert.match(server(secret, '--curve-allowed=/none'), /"\/none", which cannot be read/);
  assert.match(server(secret, `--curve-allowed=${listFile(t, '# nobody\n')}`), /lists no key/);
  assert.match(
    server(secret, `--curve-allowed=${path}`, '--bus-endpoint=inproc://bus'),
    /never leaves this process/,
  );
  assert.match(client(secret), /TICKWIRE_CURVE_SERVER_KEYS is not/);
  assert.match(client(`--curve-server-keys=${PAIR.publicKey}`), /TICKWIRE_CURVE_SECRET_KEY is not/);
  const hosts = '--feeds=tcp://a:1|tcp://b:1,tcp://c:1';
  const twoKeys = `--curve-server-keys=${PAIR.publicKey},${OTHER.publicKey}`;
  assert.match(client(secret, hosts, twoKeys), /has 2 keys and TICKWIRE_FEEDS 3 hosts/);
  for (const end of [server, client]) {
    assert.match(end(`--curve-public-key=${PAIR.publicKey}`), /TICKWIRE_CURVE_SECRET_KEY is not/);
    assert.match(end(secret, `--curve-public-key=${OTHER.publicKey}`), /is not the public half/);
  }
});

test('a whole configuration gives each end its keys, and a feed host lets its own proxies in', (t) => {
  const path = listFile(t, `${OTHER.publicKey}\r\n`);
  const config = configOf(`--curve-secret-key=${PAIR.secretKey}`, `--curve-allowed=${path}`);
  const server = chooseCurveServer(config, '/');
  assert.equal(curveKeyToHex(server!.publicKey), PAIR.publicKey);
  assert.deepEqual(server!.allowed.map(curveKeyToHex), [PAIR.publicKey, OTHER.publicKey]);
  const argv = [`--curve-secret-key=${PAIR.secretKey}`, `--curve-server-keys=${OTHER.publicKey}`];
  assert.deepEqual(chooseCurveClient(configOf(...argv))?.serverKeys.map(curveKeyToHex), [OTHER.publicKey]);
  assert.equal(chooseCurveClient(configOf()), null);
});

test('a list of keys is read with comments and blank lines, in hex and Z85, each key once', (t) => {
  const [hex, z85] = [PAIR.publicKey.toUpperCase(), parseCurveKey(OTHER.publicKey)];
  const text = `\uFEFF# proxies\r\n\r\n  ${hex}  # the first\n${z85}\t#second\n${PAIR.publicKey}\n#${hex}\n`;
  assert.deepEqual(readAllowedKeys(listFile(t, text)).map(curveKeyToHex), [PAIR.publicKey, OTHER.publicKey]);
});

test('a line of the list that is no key is refused by its number, and not repeated', (t) => {
  for (const line of [PAIR.publicKey.slice(1), `${PAIR.publicKey} ${OTHER.publicKey}`, 'proxy-1']) {
    const path = listFile(t, `# proxies\n${OTHER.publicKey}\n${line}\n`);
    const message = refusal(() => readAllowedKeys(path));
    assert.ok(message.includes(`${path}:3 `), message);
    assert.ok(!message.includes(line), message);
  }
});

test('a pair is one that ZeroMQ takes, and the public key follows from the secret one', () => {
  const { publicKey, secretKey } = curveKeyPair();
  assert.equal(publicCurveKey(curveKeyToHex(secretKey)), curveKeyToHex(publicKey));
  assert.equal(publicCurveKey(PAIR.secretKey), PAIR.publicKey);
  assert.notEqual(PAIR.secretKey, OTHER.secretKey);
});
