import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ListFormatError, type ListRow } from '../../src/codec/instrument-list.ts';
import { JsonListReader } from '../../src/codec/json-list-reader.ts';
import { fuzz } from '../support/fuzz-budget.ts';

const MAX_PIECE = 40;

/** The rows of a text that arrives in pieces of the given lengths, again and again. */
function read(text: string | Uint8Array, lengths: readonly number[] = [text.length]): ListRow[] {
  const rows: ListRow[] = [];
  const reader = new JsonListReader((row) => rows.push(row));
  const bytes = Buffer.from(text as string);
  const piece = Buffer.alloc(Math.max(...lengths, 1));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length] ?? 1);
    // One buffer for all pieces, as a reader of files has it.
    const copied = bytes.copy(piece, 0, at, at + length);
    reader.push(piece.subarray(0, copied));
    at += copied;
  }
  reader.end();
  return rows;
}

function refusal(text: string, lengths?: readonly number[]): ListFormatError {
  try {
    read(text, lengths);
  } catch (error) {
    assert.ok(error instanceof ListFormatError, String(error));
    return error;
  }
  return assert.fail(`it was read: ${text}`);
}

const lengths = fc.array(fc.integer({ min: 1, max: MAX_PIECE }), { minLength: 1, maxLength: 8 });
const list = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 8 });
const space = fc.constantFrom(0, 1, 2, '\t');

test('a list is the same however it is cut into pieces and set', async () => {
  await fuzz(
    fc.property(list, lengths, space, fc.boolean(), (rows, pieces, indent, hasMark) => {
      const text = JSON.stringify(rows, null, indent);
      assert.deepEqual(read(`${hasMark ? '\uFEFF' : ''}${text}\r\n`, pieces), JSON.parse(text));
    }),
    0.3,
  );
});

test('a list that was cut anywhere is never taken for a whole one', async () => {
  await fuzz(
    fc.property(list, lengths, fc.nat(), (rows, pieces, cut) => {
      const text = JSON.stringify(rows);
      const part = text.slice(0, cut % text.length);
      const { kind } = refusal(part, pieces);
      assert.equal(kind, part === '' ? 'empty' : 'cut');
    }),
    0.3,
  );
});

test('whatever bytes come, they are read as JSON would read them or refused, never half', async () => {
  const pieces = fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', '{}', '{"a":1}', ' ', 'x', 'null', '1');
  await fuzz(
    fc.property(fc.array(pieces, { maxLength: 12 }), lengths, (parts, sizes) => {
      const text = parts.join('');
      let rows: ListRow[];
      try {
        rows = read(text, sizes);
      } catch (error) {
        assert.ok(error instanceof ListFormatError, String(error));
        return;
      }
      assert.deepEqual(rows, JSON.parse(text));
    }),
    0.4,
  );
});

test('what is no list is told from an empty one and from one that was cut', () => {
  const kinds = ['<!DOCTYPE html>', '{"status": false}', '[1, 2]', '[{}] [{}]', '[{},]', '[{a}]', '[{}{}]'];
  for (const text of kinds) assert.equal(refusal(text).kind, 'not-a-list', text);
  assert.match(refusal('<!DOCTYPE html>').message, /begins with "<!DOCTYPE html>" instead of \[/);
  for (const text of ['null', '[]', ' [ ] ', '', '  ']) assert.equal(refusal(text).kind, 'empty', text);
  for (const text of ['[', '[{', '[{}', '[{},', '[{"a": "b]"']) assert.equal(refusal(text).kind, 'cut', text);
});

test('an object without an end does not fill the memory', () => {
  const endless = `[{"a": "${'x'.repeat(100_000)}`;
  assert.match(refusal(endless, [1000]).message, /row 1 is longer than 65536 bytes/);
});
