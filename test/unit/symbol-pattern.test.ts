import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileSymbols, matchesPattern } from '../../src/workers/proxy/entitlements/symbol-pattern.ts';

test('a role names symbols on every exchange, on one exchange, and by wildcards', () => {
  const allows = compileSymbols(['RELIANCE', 'NSE:INFY', 'NIFTY*', 'NFO:BANKNIFTY*CE', 'M?M']);
  for (const [exchange, symbol, isAllowed] of [
    ['NSE', 'RELIANCE', true],
    ['BSE', 'RELIANCE', true],
    ['NSE', 'RELIANCE-BE', false],
    ['NSE', 'reliance', false],
    ['NSE', 'INFY', true],
    ['BSE', 'INFY', false],
    ['NSE_INDEX', 'NIFTY', true],
    ['NFO', 'NIFTY28NOV24500CE', true],
    ['NFO', 'BANKNIFTY28NOV50000CE', true],
    ['NFO', 'BANKNIFTY28NOV50000PE', false],
    ['BFO', 'BANKNIFTY28NOV50000CE', false],
    ['NSE', 'M&M', true],
    ['NSE', 'MM', false],
  ] as const) {
    assert.equal(allows(exchange, symbol), isAllowed, `${exchange}:${symbol}`);
  }
});

test('a client cannot pass for another exchange by a symbol with a colon in it', () => {
  const allows = compileSymbols(['NSE:INFY', 'TCS']);
  assert.equal(allows('BSE', 'NSE:INFY'), false);
  assert.equal(allows('X', 'NSE:TCS'), false);
});

test('a symbol that is longer than any name is not looked at', () => {
  assert.equal(compileSymbols(['A*'])('NSE', 'A'.repeat(257)), false);
  assert.equal(compileSymbols(['*'])('NSE', 'A'.repeat(1_000_000)), false);
  assert.equal(compileSymbols(['A*'])('NSE', 'A'.repeat(256)), true);
});

test('a pattern matches what the same regular expression matches, whatever stars it has', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 12 });
  fc.assert(
    fc.property(patterns, letters, (pattern, text) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      assert.equal(matchesPattern(pattern, text), new RegExp(`^${source}$`).test(text));
    }),
    { numRuns: 500 },
  );
});
