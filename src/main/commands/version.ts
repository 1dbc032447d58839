/** `tickwire version`. */
import { VERSION } from '../help/setup-forms.ts';
import { packageVersion } from '../package-version.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, print }) => {
  const { flags } = readCommandArguments(VERSION, argv);
  const version = await packageVersion();
  const { platform, arch, versions } = process;
  print(
    flags.json === undefined
      ? version
      : JSON.stringify({ tickwire: version, node: versions.node, platform: `${platform}-${arch}` }),
  );
  return 0;
};
