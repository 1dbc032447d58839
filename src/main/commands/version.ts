/** `tickwire version`. */
import { readFile } from 'node:fs/promises';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ print }) => {
  const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  print((JSON.parse(manifest) as { version: string }).version);
  return 0;
};
