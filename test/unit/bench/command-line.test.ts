import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpText, readCommandLine } from '../../../bench/command-line.ts';
import type { Scenario } from '../../../bench/harness/scenario.ts';

const scenario = (name: string, group: Scenario['group']): Scenario => ({
  name,
  group,
  file: '',
  summary: `about ${name}`,
  defaultSeconds: 1,
  smokeSeconds: 0.1,
  defaultRounds: 3,
  run: () => Promise.reject(new Error('not run here')),
});
const ALL = [scenario('decode', 'micro'), scenario('json', 'micro'), scenario('ring-hop', 'hop')];
const named = (...args: string[]) => readCommandLine(args, ALL).scenarios.map(({ name }) => name);

test('the suite runs everything, or the scenarios and groups that are asked for, in its own order', () => {
  assert.deepEqual(named(), ['decode', 'json', 'ring-hop']);
  assert.deepEqual(named('--only', 'ring-hop, decode'), ['decode', 'ring-hop']);
  assert.deepEqual(named('--only=micro'), ['decode', 'json']);
});

test('options that are wrong, or do not go together, are refused before anything is measured', () => {
  const refused = (args: string[], said: RegExp) =>
    assert.throws(() => readCommandLine(args, ALL), { code: 'COMMAND_INVALID', message: said });
  refused(
    ['--only', 'decod'],
    /^--only decod: no such scenario\. There are decode, json, ring-hop, and the groups micro, hop$/,
  );
  refused(['--seconds', 'x'], /--seconds x: give a number larger than 0/);
  refused(['--seconds', '0'], /larger than 0/);
  refused(['--smoke', '--readme'], /numbers of a smoke run mean nothing/);
  refused(['--report', 'a.json', '--only', 'json'], /--report a\.json runs nothing: leave out --only/);
  refused(['--report', 'a.json', '--smoke'], /leave out --smoke/);
  refused(['--target', 'ws://127.0.0.1:1', '--upstream-port', '2', '--only', 'json'], /measured by itself/);
  refused(['--frobnicate'], /frobnicate/);
});

test('a server that runs already is measured in place of the suite', () => {
  assert.deepEqual(named('--target', 'ws://127.0.0.1:1', '--upstream-port', '2'), ['target']);
});

test('stored runs can be compared, joined and shown without measuring', () => {
  const wishes = readCommandLine(
    ['--report', 'a.json', '--compare', 'b.json', '--with', 'c.json', '--with', 'd.json', '--html', 'e.html'],
    ALL,
  );
  assert.equal(wishes.report, 'a.json');
  assert.equal(wishes.base, 'b.json');
  assert.deepEqual(wishes.added, ['c.json', 'd.json']);
  assert.equal(wishes.html, 'e.html');
});

test('the help names every scenario and every option', () => {
  const help = helpText(ALL);
  for (const { summary } of ALL) assert.ok(help.includes(summary));
  for (const option of ['only', 'seconds', 'smoke', 'json', 'html', 'compare', 'report', 'with', 'readme']) {
    assert.ok(help.includes(`--${option} `), option);
  }
});
