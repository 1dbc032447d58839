/**
 * Whether two processes that share nothing but a tcp connection lose a tick at the full rate of three connections.
 *
 *   load generator ══3 × WebSocket══▶ feed host ──ZeroMQ, tcp──▶ proxy host ──WebSocket──▶ 1 JSON client
 *   (45,000 quotes/s of 3000          (`feed`)                   (`proxy`)                 with all instruments
 *    instruments)
 */
import type { Scenario, ScenarioContext, ScenarioReport } from '../harness/scenario.ts';
import { startHosts } from './engine-contender.ts';
import { hostTable } from './host-table.ts';
import type { RunResult } from './run-result.ts';
import { costTable, latencyTable } from './run-table.ts';
import { Stage, startGenerator } from './stage.ts';
import { warmUp } from './warm-up.ts';

const INSTRUMENTS = 3000;
const SMOKE_INSTRUMENTS = 300;
const PER_SECOND = 45_000;
const SMOKE_PER_SECOND = 5000;
const WARM_UP_RATE = 10_000;
const WARM_UP_SECONDS = 3;

async function run(context: ScenarioContext): Promise<ScenarioReport> {
  const { isSmoke, seconds, rounds } = context;
  const perSecond = isSmoke ? SMOKE_PER_SECOND : PER_SECOND;
  const instruments = isSmoke ? SMOKE_INSTRUMENTS : INSTRUMENTS;
  const generator = await startGenerator(context);
  const stage = new Stage(context, generator, await startHosts(context, generator, instruments, 1));
  const common = { framing: 'json', clients: 1, sampled: 1, instruments } as const;
  const lane = { name: 'both hosts', stage, options: { ...common, perSecond: WARM_UP_RATE } };
  const warmUpSeconds = await warmUp(context, 'two-hosts', [lane], WARM_UP_SECONDS);
  const results: RunResult[] = [];
  for (let round = 0; round < rounds; round++) {
    context.progress(`two-hosts: round ${round + 1} of ${rounds}`);
    results.push(await stage.run({ ...common, perSecond, seconds }));
  }
  const cells = new Map([[`${perSecond}/s`, results]]);
  return {
    tables: [
      latencyTable('Two hosts: intended time at the exchange to the bytes at a client', cells),
      costTable('Two hosts: deliveries and their cost, both hosts together', cells),
      hostTable('Two hosts: CPU of each', cells),
    ],
    conditions: {
      instruments,
      ticksPerSecond: perSecond,
      mode: 'quote',
      framing: 'json',
      transport: 'tcp over loopback',
      warmUpSeconds,
      leadInSecondsPerRun: stage.leadIn,
      secondsPerRun: seconds,
      rounds,
    },
    rounds: [...cells].map(([name, runs]) => ({ name, runs })),
    failures: results.flatMap(({ failures }) => failures.map((failure) => `two-hosts: ${failure}`)),
  };
}

export const twoHosts: Scenario = {
  name: 'two-hosts',
  group: 'end-to-end',
  file: import.meta.filename,
  summary: '45,000 ticks/s from a feed host to a proxy host over tcp: fails when one is lost',
  defaultSeconds: 10,
  smokeSeconds: 0.5,
  defaultRounds: 3,
  run,
};
