/** Aims beside what a run measured: nobody types whether one is met. */
import { AIMS, type Aim, type Goal } from './aims.ts';
import { type Figure, withUnit } from './figure.ts';
import type { SuiteReport } from './report-file.ts';

export interface JudgedGoal extends Goal {
  /** Null when the run has no such figure, or when its scenario failed. */
  readonly measured: Figure | null;
  /** The first thing that went wrong in the scenario, one line: its figures then stand for nothing. */
  readonly failure: string | null;
  /** Whether something of the machine makes the figure doubtful: its scenario has warnings. */
  readonly isDoubtful: boolean;
  /** Of the measured median; null when it was not measured. */
  readonly isMet: boolean | null;
}

export interface JudgedAim {
  readonly what: string;
  readonly goals: readonly JudgedGoal[];
  /** What measures all of it. */
  readonly command: string;
}

export type Verdict = 'met' | 'not met' | 'not measured';

const labelFor = ({ label, saysSeconds }: Goal, seconds: number) =>
  saysSeconds === true ? `${label}, ${seconds.toLocaleString('en-US')} s` : label;

/** @throws Error when the scenario gives the figure in another unit than the aim has */
function judge(goal: Goal, report: Pick<SuiteReport, 'scenarios'>): JudgedGoal {
  const { figure, limit, unit } = goal;
  const scenario = report.scenarios.find(({ name }) => name === goal.scenario);
  const failure = scenario?.failures[0]?.split('\n', 1)[0] ?? null;
  const label = scenario === undefined ? goal.label : labelFor(goal, scenario.seconds);
  const measured = failure === null ? scenario?.figures?.[figure] : undefined;
  if (scenario === undefined || measured === undefined) {
    return { ...goal, label, measured: null, failure, isDoubtful: false, isMet: null };
  }
  if (measured.unit !== unit) {
    throw new Error(`${goal.scenario} gives '${figure}' in ${measured.unit}, and the aim is in ${unit}`);
  }
  const isMet = 'atMost' in limit ? measured.median <= limit.atMost : measured.median >= limit.atLeast;
  return { ...goal, label, measured, failure, isDoubtful: scenario.warnings.length > 0, isMet };
}

export function judgeAims(
  report: Pick<SuiteReport, 'scenarios'>,
  aims: readonly Aim[] = AIMS,
): readonly JudgedAim[] {
  return aims.map(({ what, goals }) => {
    const scenarios = [...new Set(goals.map(({ scenario }) => scenario))];
    return {
      what,
      goals: goals.map((goal) => judge(goal, report)),
      command: `npm run bench -- --only ${scenarios.join(',')}`,
    };
  });
}

export function verdictOf({ isMet }: Pick<JudgedGoal, 'isMet'>): Verdict {
  if (isMet === null) return 'not measured';
  return isMet ? 'met' : 'not met';
}

const DOUBTFUL_MARK = '*';

/** What the mark means; empty when no number has one. */
export function doubtfulNote(aims: readonly JudgedAim[]): string {
  const names = aims.flatMap(({ goals }) =>
    goals.filter(({ isDoubtful }) => isDoubtful).map(({ scenario }) => scenario),
  );
  if (names.length === 0) return '';
  return `${DOUBTFUL_MARK} doubtful, since the machine gave cause for a warning in ${[...new Set(names)].join(', ')}: see there`;
}

/** `1.32 × *`, `not measured: 3 of 100 deliveries are missing`, or `-`. */
export function formatMeasured(
  { measured, failure, isDoubtful }: Pick<JudgedGoal, 'measured' | 'failure' | 'isDoubtful'>,
  format: (figure: Figure) => string,
): string {
  if (failure !== null) return `not measured: ${failure}`;
  if (measured === null) return '-';
  return isDoubtful ? `${format(measured)} ${DOUBTFUL_MARK}` : format(measured);
}

/** `≤ 1.5 ×`. */
export function formatLimit({ limit, unit }: Pick<Goal, 'limit' | 'unit'>): string {
  const [sign, value] = 'atMost' in limit ? ['≤', limit.atMost] : ['≥', limit.atLeast];
  return `${sign} ${withUnit(value.toLocaleString('en-US'), unit)}`;
}
