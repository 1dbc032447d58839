/**
 * Fuzzes everything that reads what others send, for as long as is asked for.
 *
 *   npm run test:fuzz -- --seconds 600              all targets, each the same part of the time
 *   npm run test:fuzz -- --seconds 60 --only bus    the files whose names contain the word
 *   npm run test:fuzz -- --seconds 60 --seed 7      the same random numbers again
 *
 * A failure shows the shortest input that was found, with the seed that leads to it at once.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { SECONDS, SEED } from '../support/fuzz-budget.ts';

const DEFAULT_SECONDS = 60;
const SUFFIX = '.test.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string' }, only: { type: 'string' }, seed: { type: 'string' } },
});
const { only = '' } = values;
const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(SUFFIX) && name.includes(only));
if (!(seconds > 0) || !Number.isInteger(seed) || files.length === 0) {
  process.stderr.write('usage: npm run test:fuzz -- [--seconds N] [--only WORD] [--seed INTEGER]\n');
  process.exit(64);
}

const each = seconds / files.length;
process.env[SECONDS] = String(each);
process.env[SEED] = String(seed);
process.stdout.write(`${files.length} targets, ${each.toFixed(1)} s each, seed ${seed}\n`);
run({ files: files.map((name) => join(import.meta.dirname, name)), concurrency: 1 })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
