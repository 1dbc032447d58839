/** CLIENTS.md: its programs run against the engine, with the built package, and what it says of codes is what the code says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkTypes, installBuiltClient } from '../support/built-client.ts';
import { alwaysOpen } from '../support/calendar-file.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { ExampleProcess } from '../support/example-process.ts';
import { cannotRunPython, PYTHON, PYTHON_CLIENTS } from '../support/python-probe.ts';

const root = new URL('../../', import.meta.url);
const document = readFileSync(new URL('CLIENTS.md', root), 'utf8');
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const programs = [...document.matchAll(/^```(\S+) run\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
  language,
  text: text!,
}));

test('every program of CLIENTS.md compiles against the package, runs against an engine, and ends by itself', {
  skip: cannotRunPython(),
}, async (t) => {
  assert.deepEqual(
    programs.map(({ language }) => language),
    ['ts', 'ts', 'python'],
  );
  const { wsUrl, key } = await startEngineFixture(t, {
    flags: [alwaysOpen(t)],
    exchange: { ticksPerSecond: 200 },
  });
  const directory = installBuiltClient(t);
  const runs = programs.map(({ language, text }, i) => {
    const program = text.replaceAll('YOUR_API_KEY', key).replaceAll('ws://127.0.0.1:8765', wsUrl);
    assert.notEqual(program, text);
    const path = join(directory, language === 'ts' ? `program${i}.mts` : `program${i}.py`);
    writeFileSync(path, program);
    if (language !== 'ts')
      return new ExampleProcess(t, [PYTHON, '-uB', path], { PYTHONPATH: PYTHON_CLIENTS });
    checkTypes(directory, path);
    return new ExampleProcess(t, [process.execPath, path], {});
  });
  const wrong = join(directory, 'wrong.mts');
  writeFileSync(wrong, programs[1]!.text.replace('ltp, stamps }', 'ltp, stamps, buy }'));
  assert.throws(() => checkTypes(directory, wrong), /Property 'buy' does not exist on type 'QuoteTick'/);
  for (const each of runs) assert.equal(await each.ended(), 0, each.errors);
  const [loop, callbacks, python] = runs;
  assert.match(loop!.output, /^\d+\.?\d* \d+\.?\d* \d+\.?\d*$/m);
  assert.match(callbacks!.output, /^open {2}$[\s\S]*^\d+\.?\d* \d+\.?\d*$[\s\S]*^INFY ended as asked$/m);
  assert.match(python!.output, /^INFY \d/m);
  assert.match(python!.output, /^SYMBOL_NOT_FOUND$/m);
});

test('a page and a program without msgpack load no package: the client imports its own files, and msgpackr only when it is chosen', () => {
  const files = readdirSync(new URL('src/client/', root));
  assert.ok(files.length > 20);
  const foreign = files.flatMap((file) => {
    const text = read(`src/client/${file}`);
    const specifiers = [...text.matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([whole, name]) => ({
      whole,
      name: name!,
    }));
    return specifiers.filter(({ name }) => !files.includes(name.replace(/^\.\//, '')));
  });
  assert.deepEqual(
    foreign.map(({ whole }) => whole),
    ["import('msgpackr'"],
  );
});

test('CLIENTS.md names every code of the clients, and the files that it leads to are there', () => {
  const codes = [...read('src/client/tickwire-error.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
    ([, code]) => code!,
  );
  assert.ok(codes.length > 10);
  for (const code of codes) assert.ok(document.includes(`\`${code}\``), code);
  for (const code of read('clients/python/tickwire_client.py').matchAll(/TickwireError\("(\w+)"/g)) {
    assert.ok(document.includes(`\`${code[1]}\``) || read('PROTOCOL.md').includes(`\`${code[1]}\``), code[1]);
  }
  for (const [, path] of document.matchAll(/`((?:examples|src|clients|test)\/[\w./-]+)`/g))
    assert.ok(read(path!), path);
});
