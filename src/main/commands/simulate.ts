/** `tickwire simulate`: the simulated exchange alone, until a signal. */
import { loadConfig } from '../config.ts';
import { demoSimulation } from '../simulator/demo-simulation.ts';
import { runSimulate } from '../simulator/run-simulate.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { config } = loadConfig({ argv, env, cwd });
  const { port = 0, options } = demoSimulation(config);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const shownApiKey = config.brokerApiKey === null ? '(none)' : '(that of BROKER_API_KEY)';
  await runSimulate({ ...options, port, shownApiKey }, stop.signal, print);
  return 0;
};
