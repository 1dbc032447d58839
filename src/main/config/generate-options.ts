/** Writes OPTIONS.md. Run by `npm run generate`; with `--check` it fails where the file is not what it would write. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsDocument } from './options-document.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'OPTIONS.md');

if (!process.argv.includes('--check')) writeFileSync(path, optionsDocument());
else if (readFileSync(path, 'utf8') !== optionsDocument()) {
  process.stderr.write('OPTIONS.md is not what the options declare: run npm run generate\n');
  process.exitCode = 1;
}
