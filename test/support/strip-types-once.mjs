/**
 * Loaded ahead of the suite, into each of its processes and threads: keeps modules without their types on disk. Node strips
 * the types of each module in each thread anew, which is 650 of the 1,450 ms of CPU that an engine's start takes, and the
 * suite starts hundreds of them. The same stripper makes the same code of it; only the times are others.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

const DIRECTORY = new URL('../../node_modules/.cache/tickwire-stripped/', import.meta.url);
const OURS = new URL('../../', import.meta.url).href;

/** Node announces once a process that its stripper is experimental when it is called by name: the engine's own output has no such line. */
function stripTypes(text) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Several processes may come with the same module: each writes it under a name of its own, and moves it into place whole. */
function keep(file, code) {
  const unfinished = new URL(`${file.href}.${process.pid}-${threadId}`);
  writeFileSync(unfinished, code);
  renameSync(unfinished, file);
}

function withoutTypes(url) {
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const digest = createHash('sha1').update(process.version).update(text).digest('hex');
  const file = new URL(`${digest}.js`, DIRECTORY);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const code = stripTypes(text);
    keep(file, code);
    return code;
  }
}

mkdirSync(DIRECTORY, { recursive: true });
registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(OURS) || !url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', source: withoutTypes(url), shortCircuit: true };
  },
});
// What the tests start, the engine's processes above all, starts with it too.
const preload = `--import=${import.meta.url}`;
const { NODE_OPTIONS = '' } = process.env;
if (!NODE_OPTIONS.includes(preload)) process.env.NODE_OPTIONS = `${NODE_OPTIONS} ${preload}`.trim();
// And what hands its own flags on may do so in another directory, where a relative path leads nowhere.
const own = process.execArgv.findIndex((flag) => flag.endsWith('/strip-types-once.mjs'));
if (own >= 0 && process.execArgv[own - 1] === '--import') process.execArgv[own] = import.meta.url;
