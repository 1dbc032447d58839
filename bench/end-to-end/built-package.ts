/** The program as npm installs it: compiled to JavaScript, so that no thread carries what strips types. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ScenarioContext } from '../harness/scenario.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
/** What the program looks for beside its own folder. */
const BESIDE = ['node_modules', 'dashboard', 'package.json'];

/** Compiles it into a directory that is thrown away. @returns its entry */
export async function buildPackage({ cleanup }: ScenarioContext): Promise<string> {
  const directory = cleanup.temporaryDirectory();
  const output = join(directory, 'dist');
  mkdirSync(output);
  for (const name of BESIDE) symlinkSync(join(REPOSITORY, name), join(directory, name));
  const compiler = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const project = join(REPOSITORY, 'tsconfig.build.json');
  await promisify(execFile)(process.execPath, [compiler, '-p', project, '--outDir', output]);
  return join(output, 'main/index.js');
}
