import { loadConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import { ReloadRequest } from '../reload/reload-request.ts';
import type { ReloadSource } from '../run-host.ts';
import type { RunCommand } from './command.ts';

/** What a command is run with in this process. */
export interface RunHere {
  readonly config: Config;
  readonly reload: ReloadSource;
  readonly cwd: string;
  readonly print: (line: string) => void;
}

/**
 * A command that runs under a parent process of its own, which starts it again, unless something else supervises it.
 *
 * @param name as on the command line
 * @param runHere runs it in this process, and resolves with the exit code
 */
export function supervisedCommand(name: string, runHere: (run: RunHere) => Promise<number>): RunCommand {
  return async ({ argv, env, cwd, script, print, printError }) => {
    const load = () => loadConfig({ argv, env, cwd });
    const { config } = load();
    if (!config.supervise)
      return runHere({ config, reload: { request: new ReloadRequest(), load }, cwd, print });
    const { superviseProcess } = await import('../supervising-parent.ts');
    const args = [name, ...argv, '--no-supervise'];
    return superviseProcess(script, args, config.drainTimeoutMs + config.stopTimeoutMs, printError);
  };
}
