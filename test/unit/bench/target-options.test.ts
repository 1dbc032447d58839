import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTargetOptions } from '../../../bench/end-to-end/target-options.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

const NEEDED = { target: 'ws://127.0.0.1:8765', 'upstream-port': '9001' };

test('without a target nothing is read, and options that say something of one are an error', () => {
  assert.equal(readTargetOptions({}), null);
  assert.throws(() => readTargetOptions({ 'upstream-port': '9001' }), /--upstream-port .* give --target too/);
  assert.throws(() => readTargetOptions({ 'target-key': 'k' }), /--target-key/);
});

test('a target needs an address and the port at which it looks for its broker; the rest has defaults', () => {
  const { symbols, ...rest } = readTargetOptions(NEEDED)!;
  assert.deepEqual(rest, { url: NEEDED.target, upstreamPort: 9001, apiKey: '', pid: null, exchange: 'NSE' });
  assert.deepEqual([symbols.length, symbols[0], symbols[999]], [1000, 'BENCH0000', 'BENCH0999']);
});

test('what is wrong with an option of a target is said by its name', () => {
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ target: '127.0.0.1:8765' }, /--target 127\.0\.0\.1:8765: give an address/],
    [{ target: 'tcp://127.0.0.1:8765' }, /--target tcp/],
    [{ 'upstream-port': '0' }, /--upstream-port 0: give a whole number from 1 to 65535/],
    [{ 'upstream-port': '70000' }, /--upstream-port 70000/],
    [{ 'upstream-port': 'x' }, /--upstream-port x/],
    [{ 'target-pid': '-1' }, /--target-pid -1/],
    [{ 'target-pid': '2147483647' }, /--target-pid 2147483647: no such process/],
    [{ 'target-symbols': '/nowhere/symbols' }, /--target-symbols \/nowhere\/symbols: ENOENT/],
  ];
  for (const [values, message] of wrong) {
    assert.throws(() => readTargetOptions({ ...NEEDED, ...values }), message);
  }
  assert.throws(() => readTargetOptions({ target: NEEDED.target }), /needs --upstream-port/);
  assert.equal(readTargetOptions({ ...NEEDED, 'target-pid': String(process.pid) })?.pid, process.pid);
});

test('symbols of a target come from a file, each once, and all of one exchange', (t) => {
  const path = join(temporaryDirectory(t), 'symbols');
  const read = (text: string) => {
    writeFileSync(path, text);
    return readTargetOptions({ ...NEEDED, 'target-symbols': path })!;
  };
  const { exchange, symbols } = read(
    'NFO:NIFTY24APR25FUT\r\n\nNFO:BANKNIFTY24APR25FUT\nNFO:NIFTY24APR25FUT\n',
  );
  assert.deepEqual([exchange, symbols], ['NFO', ['NIFTY24APR25FUT', 'BANKNIFTY24APR25FUT']]);
  assert.throws(() => read('RELIANCE\n'), /"RELIANCE" is not like NSE:RELIANCE/);
  assert.throws(() => read('NSE:RELIANCE\nBSE:RELIANCE\n'), /BSE:RELIANCE is of another exchange/);
  assert.throws(() => read('\n'), /no symbol in it/);
});
