import { loadConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import type { RunCommand } from './command.ts';

/**
 * A command that runs under a parent process of its own, which starts it again, unless something else supervises it.
 *
 * @param name as on the command line
 * @param runHere runs it in this process, and resolves with the exit code
 */
export function supervisedCommand(
  name: string,
  runHere: (config: Config, cwd: string, print: (line: string) => void) => Promise<number>,
): RunCommand {
  return async ({ argv, env, cwd, script, print, printError }) => {
    const { config } = loadConfig({ argv, env, cwd });
    if (!config.supervise) return runHere(config, cwd, print);
    const { superviseProcess } = await import('../supervising-parent.ts');
    const args = [name, ...argv, '--no-supervise'];
    return superviseProcess(script, args, config.drainTimeoutMs + config.stopTimeoutMs, printError);
  };
}
