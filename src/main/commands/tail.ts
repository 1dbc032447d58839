/** `tickwire tail <exchange:symbol>…`: live prices in the terminal, or a line each. */
import { loadConfig } from '../config.ts';
import { TAIL } from '../help/watch-forms.ts';
import { clientAccess } from '../tail/client-access.ts';
import { jsonOutput, wordOutput } from '../tail/line-output.ts';
import { runTail } from '../tail/run-tail.ts';
import { screenOutput } from '../tail/screen-output.ts';
import { readTailRequest } from '../tail/tail-request.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { leaveWithin } from './leave-within.ts';

/** For the server's answer to the end of the connection: a WebSocket waits for it as long as it takes, and keeps the process. */
const LEAVE_MS = 1000;

export const run: RunCommand = async ({ argv, env, cwd, print, printError }) => {
  const { words, flags, rest } = readCommandArguments(TAIL, argv);
  const loaded = loadConfig({ argv: rest, env, cwd });
  const request = readTailRequest(words, flags);
  const given = { url: flags.url, key: flags.key, keyFile: flags['key-file'] };
  const access = await clientAccess(given, loaded, cwd);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stopped.resolve());
  // Whoever reads has gone, say `head`.
  process.stdout.on('error', () => stopped.resolve());
  const isScreen = process.stdout.isTTY === true && flags.json === undefined;
  const output = isScreen
    ? screenOutput(access.url, request, process.stdout)
    : flags.json === undefined
      ? wordOutput(access.url, request, print, printError)
      : jsonOutput(print);
  try {
    await runTail(request, access, output, stopped.promise);
  } finally {
    leaveWithin(LEAVE_MS);
  }
  return 0;
};
