/** `tickwire config`: the configuration in force. */
import { formatConfig } from '../config/format-config.ts';
import { loadConfig } from '../config.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  print(formatConfig(loadConfig({ argv, env, cwd })));
  return 0;
};
