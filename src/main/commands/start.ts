/** `tickwire start`: the engine, under a parent process of its own unless something else supervises it. */
import { loadConfig } from '../config.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ argv, env, cwd, script, print, printError }) => {
  const { config } = loadConfig({ argv, env, cwd });
  if (config.supervise) {
    const { superviseProcess } = await import('../supervising-parent.ts');
    const args = ['start', ...argv, '--no-supervise'];
    return superviseProcess(script, args, config.stopTimeoutMs, printError);
  }
  const { runEngine } = await import('../run-engine.ts');
  return runEngine(config, cwd, print);
};
