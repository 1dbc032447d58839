#!/usr/bin/env node
/**
 * The command line, and the way into the program:
 *
 * | folder    | is                | what to read first |
 * | codec/    | bytes ↔ records   | tick-message.ts: the one form of a tick |
 * | workers/  | the data plane    | feed/angel-feed.ts, ring/ring-layout.ts, proxy/broadcaster.ts |
 * | main/     | the control plane | engine.ts: what there is and how it starts; proxy-host.ts: clients alone |
 */
import { COMMANDS } from './commands/command-table.ts';
import { checkNodeVersion } from './node-version.ts';
import { insistOnCertificates } from './ops/insist-on-certificates.ts';

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
