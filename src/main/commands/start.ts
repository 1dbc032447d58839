/** `tickwire start`: the whole engine in one process. */
import { supervisedCommand } from './supervised-command.ts';

export const run = supervisedCommand('start', async (run) => {
  const { runEngine } = await import('../run-engine.ts');
  return runEngine(run, { madeKey: run.madeKey });
});
