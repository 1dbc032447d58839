/**
 * The abuse suite: `npm run test:abuse`. A real engine under real load is attacked in every way that the README's table
 * lists, one after the other, while two healthy clients count every tick. See `command-line.ts` for what it may be asked.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../../bench/harness/cleanup.ts';
import { formatEnvironment, readEnvironment } from '../../bench/harness/environment.ts';
import type { Attack } from './attack.ts';
import { ATTACKS } from './attacks.ts';
import { helpText, readCommandLine, type Wishes } from './command-line.ts';
import {
  type AbuseReport,
  type AbuseRound,
  type AttackReport,
  defaultReportPath,
  REPORT_FORMAT,
  REPORT_PROGRAM,
  readReport,
  STORED_REPORT,
  writeReport,
} from './report.ts';
import { fillReadme, formatReportTable } from './report-table.ts';
import { INSTRUMENTS, PER_SECOND, Scene } from './scene.ts';
import { planTime, type TimePlan } from './time-plan.ts';
import type { WindowResult } from './window-result.ts';

const README = join(import.meta.dirname, '../../README.md');
const WARM_UP_SECONDS = 1;
/** What a shell expects of a program that ended by Ctrl-C. */
const INTERRUPTED = 130;

const cleanup = new Cleanup();
let isInterrupted = false;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const progress = (text: string) => void process.stderr.write(`… ${text}\n`);

/** More than the engine has printed. */
function overBound({ peakMiB }: WindowResult, boundMiB: number | null): string[] {
  if (peakMiB === null || boundMiB === null || peakMiB <= boundMiB) return [];
  return [`${peakMiB.toFixed(0)} MiB resident, where the engine had said at most ${boundMiB.toFixed(0)}`];
}

class SceneRun {
  readonly #scene: Scene;
  readonly #plan: TimePlan;
  /** The undisturbed stretch that is everybody's. */
  #shared: WindowResult | null = null;
  readonly #rounds = new Map<Attack, AbuseRound[]>();
  readonly #failures = new Map<Attack, string[]>();

  constructor(scene: Scene, plan: TimePlan) {
    this.#scene = scene;
    this.#plan = plan;
  }

  async run(attacks: readonly Attack[]): Promise<AttackReport[]> {
    const { rounds, isPaired, seconds } = this.#plan;
    progress('warm-up');
    await this.#scene.window(WARM_UP_SECONDS, null);
    if (!isPaired) {
      this.#shared = await this.#scene.window(Math.max(seconds, WARM_UP_SECONDS), null);
      const [first] = attacks;
      if (first !== undefined) this.#failures.set(first, [...this.#shared.failures]);
    }
    for (let round = 0; round < rounds; round++) {
      for (const attack of attacks) {
        progress(`${attack.name}, round ${round + 1} of ${rounds}`);
        // There and back, so that neither always comes behind the other.
        await this.#round(attack, round % 2 === 0);
        if (isInterrupted) throw new Error('interrupted');
      }
    }
    return attacks.map((attack) => ({
      name: attack.name,
      summary: attack.summary,
      isTls: attack.isTls ?? false,
      boundMiB: this.#scene.memoryBoundMiB,
      rounds: this.#rounds.get(attack) ?? [],
      failures: this.#failures.get(attack) ?? [],
    }));
  }

  async #round(attack: Attack, isQuietFirst: boolean): Promise<void> {
    const { isPaired, seconds } = this.#plan;
    const attackSeconds = Math.max(seconds, attack.leastSeconds ?? 0);
    const undisturbed = async () => this.#shared ?? this.#scene.window(seconds, null);
    const beside = async () => (isPaired ? this.#scene.window(attackSeconds, attack, 'neighbour') : null);
    const quietBefore = isQuietFirst ? await undisturbed() : null;
    const besideBefore = isQuietFirst ? null : await beside();
    const attacked = await this.#scene.window(attackSeconds, attack);
    const quiet = quietBefore ?? (await undisturbed());
    const neighbour = isQuietFirst ? await beside() : besideBefore;
    this.#rounds.set(attack, [...(this.#rounds.get(attack) ?? []), { quiet, neighbour, attack: attacked }]);
    const found = [
      ...attacked.failures,
      ...overBound(attacked, this.#scene.memoryBoundMiB),
      ...(quiet === this.#shared ? [] : quiet.failures.map((failure) => `undisturbed: ${failure}`)),
      ...(neighbour?.failures ?? []).map((failure) => `beside the neighbour: ${failure}`),
    ];
    this.#failures.set(attack, [...(this.#failures.get(attack) ?? []), ...found]);
    for (const failure of found) progress(`FAILED: ${failure}`);
  }
}

async function attackAll({ attacks, seconds }: Wishes, args: readonly string[]): Promise<AbuseReport> {
  const environment = readEnvironment(args);
  print(formatEnvironment(environment));
  const startedAt = performance.now();
  const scenes = [false, true].filter((isTls) => attacks.some((attack) => (attack.isTls ?? false) === isTls));
  const plan = planTime(seconds, attacks.length, scenes.length);
  const reports: AttackReport[] = [];
  for (const isTls of scenes) {
    progress(isTls ? 'an engine with TLS starts' : 'an engine starts');
    try {
      const scene = await Scene.open(cleanup, isTls);
      const own = attacks.filter((attack) => (attack.isTls ?? false) === isTls);
      reports.push(...(await new SceneRun(scene, plan).run(own)));
    } finally {
      await cleanup.run();
    }
  }
  return {
    program: REPORT_PROGRAM,
    format: REPORT_FORMAT,
    environment,
    ...plan,
    instruments: INSTRUMENTS,
    ticksPerSecond: PER_SECOND,
    tookSeconds: (performance.now() - startedAt) / 1000,
    attacks: reports,
  };
}

async function run(): Promise<number> {
  const args = process.argv.slice(2);
  const wishes = readCommandLine(args, ATTACKS);
  if (wishes.wantsHelp) {
    print(helpText(ATTACKS));
    return 0;
  }
  const report = wishes.report === undefined ? await attackAll(wishes, args) : readReport(wishes.report);
  const path = wishes.json ?? defaultReportPath(report.environment.startedAt);
  if (wishes.report === undefined) writeReport(path, report);
  print(`\n${formatReportTable(report)}\n\nReport: ${wishes.report ?? path}`);
  if (wishes.fillsReadme) {
    writeReport(STORED_REPORT, report);
    // Of the numbers as they were stored, which have fewer digits.
    writeFileSync(README, fillReadme(readFileSync(README, 'utf8'), readReport(STORED_REPORT)));
    print('Stored as test/abuse/report.json; README.md has its table.');
  }
  return report.attacks.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isInterrupted = true;
    void cleanup.run().finally(() => process.exit(INTERRUPTED));
  });
}
try {
  process.exitCode = await run();
} catch (error) {
  if (!isInterrupted) {
    process.stderr.write(
      `abuse: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await cleanup.run();
}
