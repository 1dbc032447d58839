/** `tickwire feed`: the engine without clients of its own. Ticks leave it on the bus. */
import { refuseUnreachableBus } from '../config/role-endpoints.ts';
import { supervisedCommand } from './supervised-command.ts';

export const run = supervisedCommand('feed', async (run) => {
  refuseUnreachableBus(run.config);
  const { runEngine } = await import('../run-engine.ts');
  return runEngine(run, { servesClients: false, madeKey: run.madeKey });
});
