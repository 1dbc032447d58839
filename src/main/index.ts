#!/usr/bin/env node
/**
 * The command line, and the way into the program:
 *
 * | folder    | is                | what to read first |
 * | codec/    | bytes ↔ records   | tick-message.ts: the one form of a tick |
 * | workers/  | the data plane    | feed/angel-feed.ts, ring/ring-layout.ts, proxy/broadcaster.ts |
 * | main/     | the control plane | engine.ts: what there is, and in which order it starts |
 */
import { checkNodeVersion } from './node-version.ts';

const HELP = `Usage: tickwire <command> [options]

Commands:
  start      run the engine: feed, bus and proxy in one process
  simulate   run the simulated exchange alone
  config     print the configuration in force, and where each value came from
  help       print this text
  version    print the version

Every option is a flag, an environment variable, or a line in .env:

`;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const printError = (line: string) => void process.stderr.write(`${line}\n`);

async function run(command: string, argv: readonly string[]): Promise<number> {
  // The native packages are loaded by what is imported here, so the version is checked before.
  checkNodeVersion(process.versions.node);
  const { loadConfig } = await import('./config.ts');
  const { formatConfig, formatHelp } = await import('./config/format-config.ts');
  const cwd = process.cwd();
  const wantsHelp = argv.includes('--help') || argv.includes('-h');
  if (command === 'help' || command === '--help' || command === '-h' || wantsHelp) {
    print(HELP + formatHelp());
    return 0;
  }
  const load = () => loadConfig({ argv, env: process.env, cwd });
  switch (command) {
    case 'start': {
      const { config } = load();
      if (config.supervise) {
        const { superviseProcess } = await import('./supervising-parent.ts');
        const args = ['start', ...argv, '--no-supervise'];
        return superviseProcess(import.meta.filename, args, config.stopTimeoutMs, printError);
      }
      const { runEngine } = await import('./run-engine.ts');
      return runEngine(config, cwd, print);
    }
    case 'simulate': {
      const { config } = load();
      const { runSimulate } = await import('./simulator/run-simulate.ts');
      const { demoSimulation } = await import('./simulator/demo-simulation.ts');
      const { port = 0, options } = demoSimulation(config);
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
      await runSimulate({ ...options, port }, stop.signal, print);
      return 0;
    }
    case 'config':
      print(formatConfig(load()));
      return 0;
    case 'version':
    case '--version': {
      const { readFile } = await import('node:fs/promises');
      const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
      print((JSON.parse(manifest) as { version: string }).version);
      return 0;
    }
    default:
      printError(`tickwire: unknown command "${command}". Run tickwire help.`);
      return 64;
  }
}

const [command = 'help', ...argv] = process.argv.slice(2);
run(command, argv).then(
  (code) => {
    process.exitCode = code;
  },
  async (error: unknown) => {
    const { TickwireError } = await import('./errors.ts');
    if (error instanceof TickwireError) printError(`tickwire: ${error.code}: ${error.message}`);
    else printError(`tickwire: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = error instanceof TickwireError ? error.exitCode : 1;
  },
);
