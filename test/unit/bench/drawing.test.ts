import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AIMS } from '../../../bench/harness/aims.ts';
import { drawingIn, drawingOf } from '../../../bench/harness/drawing.ts';
import { SCENARIOS } from '../../../bench/scenarios.ts';

test('every scenario has a drawing of what it measures in the head of its file, and a name of its own', () => {
  for (const { name, file } of SCENARIOS) {
    assert.match(drawingOf(file), /[─═▶│└┌├]/, name);
    assert.ok(
      Math.max(
        ...drawingOf(file)
          .split('\n')
          .map((line) => line.length),
      ) <= 120,
      name,
    );
  }
  assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length);
});

test('a drawing keeps its inner indentation and its empty lines, and leaves the prose around it out', () => {
  const source = [
    '/**',
    ' * Prose above.',
    ' *',
    ' *   a ──▶ b',
    ' *     └──▶ c',
    ' *',
    ' *   d',
    ' *',
    ' * Prose below, with a list:',
    ' *   - no drawing',
    ' */',
    "import 'x';",
  ].join('\n');
  assert.equal(drawingIn(source, 'x.ts'), 'a ──▶ b\n  └──▶ c\n\nd');
});

test('a file without a drawing is named, with what to do', () => {
  for (const source of ['/**\n * Only prose.\n */\n', '/** One line. */\n', 'const x = 1;\n']) {
    assert.throws(() => drawingIn(source, 'x.ts'), /x\.ts has no drawing in its head: indent it/);
  }
});

test('an aim takes each number from a scenario that there is, and none twice', () => {
  const names = SCENARIOS.map(({ name }) => name);
  for (const { scenario } of AIMS.flatMap(({ goals }) => goals))
    assert.ok(names.includes(scenario), scenario);
  const keys = AIMS.flatMap(({ goals }) => goals.map(({ scenario, figure }) => `${scenario}/${figure}`));
  assert.equal(new Set(keys).size, keys.length);
});
