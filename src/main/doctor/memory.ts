/** What the process may come to take, against what this machine has. */
import { freemem } from 'node:os';
import { availableBytes, memoryBound } from '../admission/memory-bound.ts';
import { EngineMemory } from '../engine-memory.ts';
import { FIRST_PROXY, proxyCount } from '../reader-workers.ts';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

const GIB = 1024 ** 3;

export const check: RunCheck = ({ config, role, engine }) => {
  const workers = role === 'feed' ? 0 : proxyCount(config);
  const shared = role === 'proxy' ? 0 : new EngineMemory(config, FIRST_PROXY + workers).bytes;
  const { total, parts } = memoryBound(config, workers, shared);
  const least = (parts.process ?? 0) + shared;
  const available = availableBytes();
  const outcomes: Outcome[] = [];
  if (least > available) {
    return [
      noGo(
        `an engine takes ${gib(least)} before the first client comes, and there is ${gib(available)}`,
        'Use a larger machine or container, or lower TICKWIRE_MAX_INSTRUMENTS and TICKWIRE_RING_BYTES.',
      ),
    ];
  }
  if (engine === null && freemem() < least) {
    const advice = 'End other programs: memory that is moved to disk makes ticks late.';
    outcomes.push(
      warn(`an engine takes ${gib(least)} at its start, and ${gib(freemem())} is free now`, advice),
    );
  }
  if (role === 'feed')
    return outcomes.length > 0 ? outcomes : [go(`a feed host takes ${gib(least)} of ${gib(available)}`)];
  return [...outcomes, ofClients(total, available)];
};

function ofClients(total: number | null, available: number): Outcome {
  const advice =
    'Lower TICKWIRE_MAX_CONNECTIONS and TICKWIRE_MAX_MESSAGE_BYTES to what really comes; OPERATIONS.md has a set for 2 GiB.';
  if (total === null)
    return warn('a limit of clients is switched off, so that nothing bounds the memory', advice);
  const found = `clients that take all they may bring the process to ${gib(total)}, and there is ${gib(available)}`;
  return total > available ? warn(found, advice) : go(found);
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
