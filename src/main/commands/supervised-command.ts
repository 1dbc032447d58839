import { DRAIN_OPTIONS } from '../config/drain-options.ts';
import { ENGINE_OPTIONS } from '../config/engine-options.ts';
import { readEnvFile } from '../config/env-file.ts';
import type { Config } from '../config-options.ts';
import { takeKey } from '../dashboard/made-key.ts';
import type { ReloadSource } from '../run-host.ts';
import { superviseProcess } from '../supervising-parent.ts';
import type { CommandContext, RunCommand } from './command.ts';

/** What a command is run with in this process. */
export interface RunHere {
  readonly config: Config;
  readonly reload: ReloadSource;
  readonly cwd: string;
  /** The parent's, or one that lives as long as this process: see `made-key.ts`. */
  readonly madeKey: string;
  readonly print: (line: string) => void;
}

/** Until the engine, which reads the configuration, tells its own. */
const DEFAULT_STOP_MS = DRAIN_OPTIONS.drainTimeoutMs.default + ENGINE_OPTIONS.stopTimeoutMs.default;

/**
 * A command that runs under a parent process of its own, which starts it again, unless something else supervises it.
 *
 * The parent leaves the configuration to the process that it starts, and with it half of what there is to load: read by
 * both, one after the other, it was a tenth of a second of every start.
 *
 * @param name as on the command line
 * @param runHere runs it in this process, and resolves with the exit code
 */
export function supervisedCommand(name: string, runHere: (run: RunHere) => Promise<number>): RunCommand {
  return async (context) => {
    const { argv, env, cwd, script, print, printError } = context;
    const supervise = () =>
      superviseProcess(script, [name, ...argv, '--no-supervise'], DEFAULT_STOP_MS, printError);
    if (isUnspoken(context)) return supervise();
    const { loadConfig } = await import('../config.ts');
    const load = () => loadConfig({ argv, env, cwd });
    const { config } = load();
    if (config.supervise) return supervise();
    const madeKey = takeKey(env);
    const { ReloadRequest } = await import('../reload/reload-request.ts');
    return runHere({ config, reload: { request: new ReloadRequest(), load }, cwd, madeKey, print });
  };
}

/** Whether nobody has set the option of supervision, which is on by default. */
function isUnspoken({ argv, env, cwd }: CommandContext): boolean {
  const { supervise } = ENGINE_OPTIONS;
  if (argv.some((word) => /^--(no-)?supervise\b/.test(word)) || env[supervise.env]) return false;
  return !readEnvFile(cwd)[supervise.env];
}
