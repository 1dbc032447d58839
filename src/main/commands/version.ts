/** `tickwire version`. */
import { packageVersion } from '../package-version.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ print }) => {
  print(await packageVersion());
  return 0;
};
