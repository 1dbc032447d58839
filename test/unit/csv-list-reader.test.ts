/** Rows of a broker's CSV list, whatever its names hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvListReader } from '../../src/codec/csv-list-reader.ts';

const LIST = 'token,name\n1,5"" pipe\n2,plain\n3,"a ""good"", long\nname"\n4,""\n5,end"\n6,last\n';

test('quotes inside a name neither join rows nor lose them, however the text comes in', () => {
  for (const pieceBytes of [1, 7, 1000]) {
    const rows: [unknown, unknown][] = [];
    const reader = new CsvListReader(['token', 'name'], ({ token, name }) => rows.push([token, name]));
    for (let at = 0; at < LIST.length; at += pieceBytes)
      reader.push(Buffer.from(LIST.slice(at, at + pieceBytes)));
    reader.end();
    assert.deepEqual(rows, [
      ['1', '5"" pipe'],
      ['2', 'plain'],
      ['3', 'a "good", long\nname'],
      ['4', ''],
      ['5', 'end"'],
      ['6', 'last'],
    ]);
  }
});
