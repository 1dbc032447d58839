/** The package as a stranger gets it: packed, then installed from the tarball into a directory that had nothing. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { strangersEnvironment } from './strangers-environment.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { until } from './until.ts';

const REPOSITORY = new URL('../../', import.meta.url).pathname;
const INSTALL_TIMEOUT_MS = 180_000;

export class InstalledPackage {
  /** What is in the tarball, by its path in the package. */
  readonly files: readonly string[];
  readonly directory: string;
  /** The command, a link as npm makes it. */
  readonly bin: string;
  readonly #context: TestContext;

  private constructor(context: TestContext, directory: string, files: readonly string[]) {
    this.#context = context;
    this.directory = directory;
    this.files = files;
    this.bin = join(directory, 'node_modules/.bin/tickwire');
  }

  /** Builds and packs as for a publication, and installs from the registry and cache that npm is configured with. */
  static async make(t: TestContext): Promise<InstalledPackage> {
    const directory = temporaryDirectory(t);
    const npm = (cwd: string, ...args: string[]) =>
      promisify(execFile)('npm', args, {
        cwd,
        env: strangersEnvironment(),
        timeout: INSTALL_TIMEOUT_MS,
        maxBuffer: 16 << 20,
      });
    const packed = await npm(REPOSITORY, 'pack', '--json', '--silent', '--pack-destination', directory);
    const [tarball] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as {
      readonly filename: string;
      readonly files: readonly { readonly path: string }[];
    }[];
    // Else npm would look for a package further up.
    const flags = ['--prefix', directory, '--prefer-offline', '--no-audit', '--no-fund'];
    await npm(directory, 'install', ...flags, join(directory, tarball!.filename));
    return new InstalledPackage(
      t,
      directory,
      tarball!.files.map(({ path }) => path),
    );
  }

  /** What npm reads of it. */
  manifest(): Record<string, unknown> {
    return JSON.parse(readFileSync(join(this.directory, 'node_modules/tickwire/package.json'), 'utf8'));
  }

  /** Runs the installed command to its end. */
  async run(
    cwd: string,
    ...args: string[]
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { child, output } = this.start(cwd, ...args);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...output };
  }

  /** Starts the installed command, with what it starts in a process group that ends with the test; its output grows. */
  start(cwd: string, ...args: string[]) {
    const child = spawn(this.bin, args, {
      cwd,
      env: strangersEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#context.after(() => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // Nobody of the group is left.
      }
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    return { child, output };
  }

  /** Starts it and waits for a line of its output. @returns the first group of `line` */
  static async printed(
    output: { readonly stdout: string; readonly stderr: string },
    line: RegExp,
  ): Promise<string> {
    const what = `a line like ${line}`;
    return until(what, () => line.exec(output.stdout)?.[1], 40_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${output.stdout}${output.stderr}`);
    });
  }
}
