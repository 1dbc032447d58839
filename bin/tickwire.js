#!/usr/bin/env node
/**
 * Runs the command line on a Node.js that it can run on: the running one, or else the one that npm installed beside this
 * package. Written for old versions too: it is the one file that they get to see.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const script = new URL('../dist/main/index.js', import.meta.url);

/** Whether the native packages have binaries for the running Node.js; what is missing is told by the program itself. */
function isRightVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major === 22 && minor >= 18;
}

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

/** In a process of its own, which ends as this one does and gets the signals that this one gets. */
function runOn(node) {
  const child = spawn(node, [fileURLToPath(script), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends SIGINT to the child as well; the others come to this process alone.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

if (isRightVersion()) await import(script);
else runOn(findNode());
