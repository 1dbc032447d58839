/** `tickwire bench`: the benchmark suite of a checkout, in a process of its own, since it measures processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TickwireError } from '../errors.ts';
import type { RunCommand } from './command.ts';

/** Beside `src` in a checkout; a package has no such file. */
const SUITE = fileURLToPath(new URL('../../../bench/index.ts', import.meta.url));
/** What the suite ends with when a scenario failed, or a report cannot be used; it has said what it was. */
const FAILED = 1;

export const run: RunCommand = async ({ argv, cwd }) => {
  if (!existsSync(SUITE)) {
    throw new TickwireError(
      'BENCH_MISSING',
      `This is an installed package, which has no benchmarks (${SUITE} is not there). They are in the source: clone it, then ` +
        'npm ci && npm run bench. bench/README.md there has the numbers of our own runs.',
    );
  }
  const child = spawn(process.execPath, [SUITE, ...argv], { cwd, stdio: 'inherit' });
  // The terminal sends SIGINT to both; the suite ends its own processes then, and its end is ours.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== null && code !== FAILED) return code;
  throw new TickwireError('BENCH_FAILED', 'The run failed; what is printed above says at what.');
};
