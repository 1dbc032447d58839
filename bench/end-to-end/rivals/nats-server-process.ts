/** Debian's `nats-server`, with a listener for WebSocket beside its own, both on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessUsage, readProcessUsage } from '../../harness/process-usage.ts';
import type { ScenarioContext } from '../../harness/scenario.ts';
import { readThreadUsage, type ThreadUsage } from '../../harness/thread-usage.ts';
import { until } from '../../harness/until.ts';
import type { ServerProcess } from '../contender.ts';

/** Debian puts it where only root looks. */
const NAMES = ['nats-server', '/usr/sbin/nats-server'];
/** A port of -1 is any that is free; which ones they are is told in a file. */
const configuration = (directory: string) => `
host: "127.0.0.1"
port: -1
ports_file_dir: ${JSON.stringify(directory)}
log_file: ${JSON.stringify(join(directory, 'log'))}
websocket { host: "127.0.0.1", port: -1, no_tls: true }
`;
/** The server knows nothing of a parent: a shell ends it when its own input does, also when the parent was killed. */
const SHELL = '"$0" -c "$1" <&- & read -r _; kill $!; wait';
const PORTS_FILE = /_(\d+)\.ports$/;

interface Addresses {
  readonly pid: number;
  readonly url: string;
  readonly websocketUrl: string;
}

function findProgram(): string | undefined {
  return NAMES.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** Whether this machine has a NATS server. */
export function hasNats(): boolean {
  return findProgram() !== undefined;
}

/** Null as long as the file is not there, or not whole. */
function readAddresses(directory: string): Addresses | null {
  const name = readdirSync(directory).find((file) => PORTS_FILE.test(file));
  const text = name === undefined ? '' : readFileSync(join(directory, name), 'utf8');
  if (name === undefined || !text.endsWith('}')) return null;
  const { nats, websocket } = JSON.parse(text);
  return { pid: Number(PORTS_FILE.exec(name)![1]), url: nats[0], websocketUrl: websocket[0] };
}

export class NatsServerProcess implements ServerProcess {
  readonly #addresses: Addresses;

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  /** @throws Error when it is not installed, or does not come up */
  static async start({ cleanup }: ScenarioContext): Promise<NatsServerProcess> {
    const program = findProgram();
    if (program === undefined) throw new Error('nats-server is not installed: apt-get install nats-server');
    const directory = cleanup.temporaryDirectory();
    const path = join(directory, 'nats.conf');
    writeFileSync(path, configuration(directory));
    const shell = spawn('/bin/sh', ['-c', SHELL, program, path], { stdio: ['pipe', 'ignore', 'inherit'] });
    cleanup.add(() => stop(shell));
    const addresses = await until('nats-server to listen', () => {
      if (shell.exitCode !== null) throw new Error(`nats-server ended with code ${shell.exitCode}`);
      return readAddresses(directory);
    });
    return new NatsServerProcess(addresses);
  }

  /** For clients of its own protocol over TCP. */
  get url(): string {
    return this.#addresses.url;
  }

  /** For clients of its own protocol over WebSocket. */
  get websocketUrl(): string {
    return this.#addresses.websocketUrl;
  }

  usage(): ProcessUsage | null {
    return readProcessUsage(this.#addresses.pid);
  }

  threads(): ReadonlyMap<number, ThreadUsage> | null {
    return readThreadUsage(this.#addresses.pid);
  }
}

async function stop(shell: ChildProcess): Promise<void> {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  const ended = once(shell, 'exit');
  shell.stdin?.end();
  await ended;
}
