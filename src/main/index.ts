#!/usr/bin/env node
/**
 * The command line, and the way into the program:
 *
 * | folder    | is                | what to read first |
 * | codec/    | bytes ↔ records   | tick-message.ts: the one form of a tick |
 * | workers/  | the data plane    | feed/angel-feed.ts, ring/ring-layout.ts, proxy/broadcaster.ts |
 * | main/     | the control plane | engine.ts: what there is and how it starts; proxy-host.ts: clients alone |
 */
import type { Command } from './commands/command.ts';
import { checkNodeVersion } from './node-version.ts';
import { insistOnCertificates } from './ops/insist-on-certificates.ts';

const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    usage: '',
    summary: 'run the engine: feed, bus and proxy in one process',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'feed',
    usage: '',
    summary: 'run feed and bus only, for proxies in other processes or on other hosts',
    load: () => import('./commands/feed.ts'),
  },
  {
    name: 'proxy',
    usage: '[--feeds tcp://<host>:<port>,…]',
    summary: 'serve clients with the ticks of feed hosts; needs no database and no login',
    load: () => import('./commands/proxy.ts'),
  },
  {
    name: 'drain',
    usage: '[--timeout <seconds>]',
    summary:
      'stop the engine that runs here: clients are told, take what was sent to them, and come back spread',
    load: () => import('./commands/drain.ts'),
  },
  {
    name: 'login',
    usage: 'angel [--user <name>] [--renew]',
    summary: 'log in to the broker without OpenAlgo, into the embedded database',
    load: () => import('./commands/login.ts'),
  },
  {
    name: 'instruments',
    usage: '<broker> [--from <address or file>] [--allow-shrunken]',
    summary: "fetch the broker's instrument list into the embedded database",
    load: () => import('./commands/instruments.ts'),
  },
  {
    name: 'record',
    usage: '<file> [--symbols NSE:INFY,…] [--for 10m] | <file> --from-black-box [--last <minutes>]',
    summary: 'run the engine and record what brokers send, or save what the black box has',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'replay',
    usage: '<file> [--speed 1|10|max] [--loop] [--exit] [--key <key>] [--of <broker>]',
    summary: 'run the engine on a recording in place of the broker',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'simulate',
    usage: '',
    summary: 'run the simulated exchange alone',
    load: () => import('./commands/simulate.ts'),
  },
  {
    name: 'keys',
    usage:
      'create --user <name> [--role <role>] [--name <text>] | list | revoke <id> | ' +
      'role set|list|assign|unassign|remove … | curve',
    summary: 'keys of clients and what they may do; or a key pair for an encrypted bus between hosts',
    load: () => import('./commands/keys.ts'),
  },
  {
    name: 'certificate',
    usage: '[--host <name or address>,…] [--dir <directory>]',
    summary: 'make a certificate for development, which signs itself',
    load: () => import('./commands/certificate.ts'),
  },
  {
    name: 'config',
    usage: '',
    summary: 'print the configuration in force, and where each value came from',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'version',
    usage: '',
    summary: 'print the version',
    load: () => import('./commands/version.ts'),
  },
];

const USAGE_EXIT_CODE = 64;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const printError = (line: string) => void process.stderr.write(`${line}\n`);

async function help(): Promise<string> {
  const { formatHelp } = await import('./config/format-config.ts');
  const list = [...COMMANDS, { name: 'help', usage: '', summary: 'print this text' }]
    .map(({ name, usage, summary }) => `  ${`${name} ${usage}`.trim()}\n      ${summary}`)
    .join('\n');
  return `Usage: tickwire <command> [options]

Commands:
${list}

Every option is a flag, an environment variable, or a line in .env:

${formatHelp()}`;
}

async function run(name: string, argv: readonly string[]): Promise<number> {
  // The native packages are loaded by what a command imports, so the version is checked before.
  checkNodeVersion(process.versions.node);
  insistOnCertificates(process.env, printError);
  const isHelp = [name, ...argv].some((word) => word === '--help' || word === '-h');
  if (name === 'help' || isHelp) {
    print(await help());
    return 0;
  }
  const command = COMMANDS.find((each) => each.name === (name === '--version' ? 'version' : name));
  if (command === undefined) {
    printError(`tickwire: unknown command "${name}". Run tickwire help.`);
    return USAGE_EXIT_CODE;
  }
  const module = await command.load();
  const script = import.meta.filename;
  return module.run({ argv, cwd: process.cwd(), env: process.env, script, print, printError });
}

const [name = 'help', ...argv] = process.argv.slice(2);
run(name, argv).then(
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
