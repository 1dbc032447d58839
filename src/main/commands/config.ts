/** `tickwire config`: the configuration in force, and what it lets the process take of memory. */
import { describeMemoryBound, memoryBound } from '../admission/memory-bound.ts';
import { formatConfig } from '../config/format-config.ts';
import { loadConfig } from '../config.ts';
import { EngineMemory } from '../engine-memory.ts';
import { FIRST_PROXY, proxyCount } from '../reader-workers.ts';
import type { RunCommand } from './command.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const loaded = loadConfig({ argv, env, cwd });
  const { config } = loaded;
  const workers = proxyCount(config);
  print(formatConfig(loaded));
  print(
    describeMemoryBound(memoryBound(config, workers, new EngineMemory(config, FIRST_PROXY + workers).bytes)),
  );
  return 0;
};
