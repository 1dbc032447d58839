#!/usr/bin/env node
/**
 * Runs the command line on the Node.js that npm installed beside this package, whatever version the machine has. Written
 * for old versions too: it is the one file that they get to see.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../dist/main/index.js', import.meta.url));

/** The packaged Node.js for this platform, or the running one where there is none; the program checks its version. */
function findNode() {
  const require = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  try {
    return require.resolve(`node-${platform}-${process.arch}/${binary}`);
  } catch {
    return process.execPath;
  }
}

const child = spawn(findNode(), [script, ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal sends SIGINT to the child as well; SIGTERM comes to this process alone.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
