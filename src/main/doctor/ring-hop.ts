/** The hop from a feed worker to a proxy worker: a real ring between two threads, read by the strategy that is configured. */
import type { RunCheck } from './check.ts';
import { noGo } from './finding.ts';
import { judgeHop } from './judge-hop.ts';
import { selfLoad } from './self-load.ts';

export const check: RunCheck = async (context) => {
  const { hop, lost } = await selfLoad(context);
  if (lost === 0) return [judgeHop('a ring between two threads', hop)];
  return [
    noGo(
      `a reader of the ring was so late that ${lost} ticks were overwritten under a small load`,
      'Something else takes the processors (top; on a virtual machine vmstat 1, column st): give the engine cores of its own.',
    ),
  ];
};
