/** `tickwire/client` as it lies in somebody's node_modules: built, with the package's own `exports`, and nothing else of it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './temporary-directory.ts';

const root = new URL('../../', import.meta.url).pathname;
const TSC = `${root}node_modules/typescript/bin/tsc`;
/** Of a browser: what needs Node.js does not compile with them. */
const PLATFORM = ['--target', 'ES2024', '--lib', 'ES2024,DOM', '--types', '', '--strict', '--skipLibCheck'];
const MODULES = ['--ignoreConfig', '--module', 'NodeNext', '--moduleResolution', 'NodeNext'];

function tsc(cwd: string, ...args: readonly string[]): void {
  try {
    execFileSync(process.execPath, [TSC, ...PLATFORM, ...MODULES, ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string };
    throw new Error(`tsc ${args.join(' ')}:\n${stdout ?? error}`);
  }
}

/** @returns the directory of a program that has `tickwire` and msgpackr installed */
export function installBuiltClient(t: Pick<TestContext, 'after'>): string {
  const directory = temporaryDirectory(t);
  const own = join(directory, 'node_modules/tickwire');
  mkdirSync(own, { recursive: true });
  copyFileSync(`${root}package.json`, join(own, 'package.json'));
  symlinkSync(`${root}node_modules/msgpackr`, join(directory, 'node_modules/msgpackr'));
  const build = ['--declaration', '--rewriteRelativeImportExtensions', '--verbatimModuleSyntax'];
  tsc(root, ...build, '--rootDir', 'src', '--outDir', join(own, 'dist'), 'src/client/index.ts');
  return directory;
}

/** Fails with the compiler's words when a program of that directory uses the client as its types do not allow. */
export function checkTypes(directory: string, file: string): void {
  tsc(directory, '--noEmit', file);
}
