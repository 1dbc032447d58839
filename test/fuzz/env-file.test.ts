import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEnvFile } from '../../src/main/config/env-file.ts';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { TickwireError } from '../../src/main/errors.ts';
import { fuzz } from '../support/fuzz-budget.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const SECRET = 'a-secret-that-nobody-may-read';
const OPTIONS = CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key]);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...OPTIONS.map(({ env }) => env)) },
  fc.constantFrom('TICKWIRE_', 'TICKWIRE_NOBODY', 'PATH', '__proto__', 'constructor', 'export', ''),
  fc.string({ maxLength: 12 }),
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    'true',
    'off',
    '5s',
    '1e9',
    '9'.repeat(400),
    'tcp://127.0.0.1:1',
    '*',
    'NaN',
  ),
  fc.constantFrom(
    'ltp=1,quote=2,depth=3',
    'ltp=,',
    '::1/129,10.0.0.0/33',
    'sqlite:///x',
    'a#b',
    'a #b',
    '"',
    "'",
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const quote = fc.constantFrom('', '"', "'", '`');
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'export ', ' '), name, fc.constantFrom('=', ' = ', ' '), quote, value)
      .map(([head, name, equals, quote, value]) => `${head}${name}${equals}${quote}${value}${quote}`),
  },
  fc.string({ maxLength: 60 }),
);
const file = fc
  .tuple(
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\r\n', '\n\n'),
    fc.constantFrom('', '\uFEFF'),
  )
  .map(([lines, end, mark]) => mark + lines.join(end));
const bytes = fc.oneof(
  { weight: 6, arbitrary: file.map((text) => Buffer.from(text)) },
  fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)),
);

test('whatever stands in .env, the start has a configuration or says in one line what is wrong, and no secret', async (t) => {
  const cwd = temporaryDirectory(t);
  const secret = OPTIONS.filter((option) => option.secret).map(({ env }) => env);
  let refused = 0;
  let runs = 0;
  await fuzz(
    fc.property(bytes, fc.constantFrom(...secret), (each, name) => {
      runs++;
      writeFileSync(join(cwd, '.env'), Buffer.concat([each, Buffer.from(`\n${name}=${SECRET}\n`)]));
      try {
        const { config } = loadConfig({ argv: [], env: {}, cwd });
        for (const key of CONFIG_KEYS) assert.notEqual(config[key], undefined, key);
      } catch (error) {
        refused++;
        assert.ok(error instanceof TickwireError, String(error));
        assert.match(error.code, /^(CONFIG_INVALID|CONFIG_UNKNOWN_KEY|SECRET_PLACEHOLDER)$/);
        assert.ok(!error.message.includes(SECRET), error.message);
      }
    }),
    0.7,
  );
  t.diagnostic(`${runs} files, ${refused} refused`);
});

test('a plain pair is read as it stands, whatever stands around it', async () => {
  const plain = fc.stringMatching(/^[A-Za-z0-9_./:,-]{1,30}$/);
  const comment = fc.stringMatching(/^#[^\r\n]{0,30}$/);
  await fuzz(
    fc.property(fc.array(comment, { maxLength: 4 }), plain, quote, (comments, text, mark) => {
      const lines = [...comments, `KEY=${mark}${text}${mark}`, ...comments];
      assert.equal(parseEnvFile(lines.join('\n')).KEY, text);
    }),
    0.3,
  );
});
