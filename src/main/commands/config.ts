/** `tickwire config`: the configuration in force, and what it lets the process take of memory. */
import { describeMemoryBound, memoryBound } from '../admission/memory-bound.ts';
import { configJson, formatConfig } from '../config/format-config.ts';
import { loadConfig } from '../config.ts';
import { EngineMemory } from '../engine-memory.ts';
import { CONFIG } from '../help/setup-forms.ts';
import { FIRST_PROXY, proxyCount } from '../reader-workers.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(CONFIG, argv);
  const loaded = loadConfig({ argv: rest, env, cwd });
  const { config } = loaded;
  const workers = proxyCount(config);
  const bound = memoryBound(config, workers, new EngineMemory(config, FIRST_PROXY + workers).bytes);
  if (flags.json !== undefined) {
    print(JSON.stringify({ options: configJson(loaded), memoryBound: bound }));
    return 0;
  }
  print(formatConfig(loaded));
  print(describeMemoryBound(bound));
  return 0;
};
