#!/usr/bin/env node
/**
 * The command line, and the way into the program:
 *
 * | folder    | is                | what to read first |
 * | codec/    | bytes ↔ records   | tick-message.ts: the one form of a tick |
 * | workers/  | the data plane    | feed/angel-feed.ts, ring/ring-layout.ts, proxy/broadcaster.ts |
 * | main/     | the control plane | engine.ts: what there is and how it starts; proxy-host.ts: clients alone |
 */
import { findCommand, needAction } from './commands/find-command.ts';
import { checkNodeVersion } from './node-version.ts';
import { insistOnCertificates } from './ops/insist-on-certificates.ts';
import { writeLines } from './ops/progress-line.ts';

const print = (line: string) => writeLines(process.stdout, `${line}\n`);
const printError = (line: string) => writeLines(process.stderr, `${line}\n`);

const isHelpFlag = (word: string) => word === '--help' || word === '-h';

async function run(given: readonly string[]): Promise<number> {
  // The native packages are loaded by what a command imports, so the version is checked before.
  checkNodeVersion(process.versions.node);
  insistOnCertificates(process.env, printError);
  const [name = 'help'] = given;
  if (name === 'help' || given.some(isHelpFlag)) {
    const { helpText } = await import('./help/print-help.ts');
    const firstFlag = given.findIndex((word) => word.startsWith('-'));
    const words = firstFlag < 0 ? given : given.slice(0, firstFlag);
    print(helpText(words[0] === 'help' ? words.slice(1) : words));
    return 0;
  }
  const { command, argv } = findCommand(name === '--version' ? ['version', ...given.slice(1)] : given);
  if (command.load === null) throw needAction(command);
  const module = await command.load();
  const script = import.meta.filename;
  return module.run({ argv, cwd: process.cwd(), env: process.env, script, print, printError });
}

run(process.argv.slice(2)).then(
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
