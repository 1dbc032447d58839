/** Writes CLI.md. Run by `npm run generate`; with `--check` it fails where the file is not what it would write. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND_GROUPS } from '../commands/command-table.ts';
import { cliDocument } from './cli-document.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'CLI.md');

if (!process.argv.includes('--check')) writeFileSync(path, cliDocument(COMMAND_GROUPS));
else if (readFileSync(path, 'utf8') !== cliDocument(COMMAND_GROUPS)) {
  process.stderr.write('CLI.md is not what the commands declare: run npm run generate\n');
  process.exitCode = 1;
}
