/** `tickwire reload`: the engine that runs here reads its configuration again, and says what has changed. */
import { loadConfig } from '../config.ts';
import { type ErrorCode, EXIT_CODES, TickwireError } from '../errors.ts';
import { RELOAD } from '../help/engine-forms.ts';
import { askEngineOnce, findEngine } from '../ops/control-client.ts';
import { controlPaths } from '../ops/control-path.ts';
import { type ConfigChange, describeChanges } from '../reload/config-changes.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

/** The one failure behind which values are in force already. */
const PARTIAL: ErrorCode = 'TLS_NOT_RELOADED';
const GOES_ON = ' The engine goes on with the configuration that it has.';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(RELOAD, argv);
  // What is wrong with it, this command would find too: the engine is not asked then.
  const { config } = loadConfig({ argv: rest, env, cwd });
  const paths = controlPaths(config, cwd);
  if (paths.length === 0) {
    throw new TickwireError(
      'ENGINE_NOT_RUNNING',
      'TICKWIRE_CONTROL_SOCKET is none: an engine that is configured so cannot be reached. Send it SIGHUP.',
    );
  }
  const engine = await findEngine(paths);
  const { ok, code, message, reloaded, needRestart } = await askEngineOnce(engine, { command: 'reload' });
  if (ok !== true) {
    const known = isErrorCode(code) ? code : 'CONTROL_FAILED';
    throw new TickwireError(known, `${message}${code === PARTIAL ? '' : GOES_ON}`);
  }
  const changes = { reloaded: readChanges(reloaded), needRestart: readChanges(needRestart) };
  if (flags.json !== undefined) print(JSON.stringify(changes));
  else for (const line of describeChanges(changes)) print(line);
  return 0;
};

function readChanges(value: unknown): readonly ConfigChange[] {
  const changes: readonly Record<string, unknown>[] = Array.isArray(value) ? value : [];
  return changes.map(({ name, from, to }) => ({ name: String(name), from: String(from), to: String(to) }));
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(EXIT_CODES, code);
}
