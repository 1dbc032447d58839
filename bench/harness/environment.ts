/** The conditions of a run, as the program finds them: nobody types them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly governor: string;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  readonly nodeFlags: readonly string[];
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

export function readEnvironment(args: readonly string[]): Environment {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    governor: readGovernor(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${platform()} ${arch()}`,
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    nodeFlags: process.execArgv,
    arguments: args,
    commit: readCommit(),
    startedAt: new Date().toISOString(),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}

export function formatEnvironment(environment: Environment): string {
  const { cpu, cores, governor, memoryGiB, kernel, node, v8, commit, load, startedAt } = environment;
  return [
    `${cpu}, ${cores} cores, governor ${governor}, ${memoryGiB} GiB, ${environment.platform}, kernel ${kernel}`,
    `Node ${node} (V8 ${v8}), commit ${commit}, load average ${load.join(' ')}, ${startedAt}`,
  ].join('\n');
}
