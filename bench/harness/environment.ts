/** The conditions of a run, as the program finds them: nobody types them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { readLoad } from './machine-use.ts';

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  /** Threads that run at the same time, as Node sees them: fewer than the cores where a container limits them. */
  readonly parallelism: number;
  readonly governor: string;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  readonly nodeFlags: readonly string[];
  /** NODE_OPTIONS, which every process of the suite inherits; empty when it is not set. */
  readonly nodeOptions: string;
  /** Without the values that belong to one machine or one person. */
  readonly arguments: readonly string[];
  /** Commit, with `+changes` when the tree differs from it. */
  readonly commit: string;
  readonly startedAt: string;
  /** Load average over 1, 5 and 15 minutes before the run. */
  readonly load: readonly number[];
}

function readGovernor(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

function git(...args: string[]): string {
  const cwd = import.meta.dirname;
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

function readCommit(): string {
  try {
    const isClean = git('status', '--porcelain', '--untracked-files=no') === '';
    return git('rev-parse', '--short=12', 'HEAD') + (isClean ? '' : '+changes');
  } catch {
    return 'unknown';
  }
}

/** Options whose values are paths of this machine, or a secret: a report is published. */
const PRIVATE_OPTIONS = new Set([
  '--json',
  '--html',
  '--with',
  '--report',
  '--compare',
  '--target-symbols',
  '--target-key',
]);

/** The arguments of a run, of which those with a path or a secret keep their name alone. */
export function publicArguments(args: readonly string[]): string[] {
  const shown: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    const [name = ''] = argument.split('=', 1);
    const isPrivate = PRIVATE_OPTIONS.has(name);
    shown.push(isPrivate ? name : argument);
    if (isPrivate && name === argument) i++;
  }
  return shown;
}

export function readEnvironment(args: readonly string[]): Environment {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    parallelism: availableParallelism(),
    governor: readGovernor(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${platform()} ${arch()}`,
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    nodeFlags: process.execArgv,
    nodeOptions: process.env.NODE_OPTIONS ?? '',
    arguments: publicArguments(args),
    commit: readCommit(),
    startedAt: new Date().toISOString(),
    load: readLoad(),
  };
}

/** The machine and its Node, which stay the same over a run: two lines. */
export function formatMachine(environment: Environment): string {
  const { cpu, cores, parallelism, governor, memoryGiB, kernel, node, v8, nodeFlags, nodeOptions } =
    environment;
  const flags = [...nodeFlags, nodeOptions].filter((flag) => flag !== '').join(' ') || 'none';
  return [
    `${cpu}, ${cores} cores (${parallelism} for Node), governor ${governor}, ${memoryGiB} GiB`,
    `${environment.platform}, kernel ${kernel}, Node ${node} (V8 ${v8}), Node's flags: ${flags}`,
  ].join('\n');
}

export function formatEnvironment(environment: Environment): string {
  const { commit, load, startedAt } = environment;
  return `${formatMachine(environment)}\ncommit ${commit}, ${startedAt}, load average ${load.join(' ')}`;
}
