/** Aims beside what a run measured: nobody types whether one is met. */
import { AIMS, type Aim, type Goal } from './aims.ts';
import { type Figure, withUnit } from './figure.ts';
import type { SuiteReport } from './report-file.ts';

export interface JudgedGoal extends Goal {
  /** Null when the run has no such figure. */
  readonly measured: Figure | null;
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

/** @throws Error when the scenario gives the figure in another unit than the aim has */
function judge(goal: Goal, report: Pick<SuiteReport, 'scenarios'>): JudgedGoal {
  const { figure, limit, unit } = goal;
  const scenario = report.scenarios.find(({ name }) => name === goal.scenario);
  const measured = scenario?.figures?.[figure];
  if (measured === undefined) return { ...goal, measured: null, isMet: null };
  if (measured.unit !== unit) {
    throw new Error(`${goal.scenario} gives '${figure}' in ${measured.unit}, and the aim is in ${unit}`);
  }
  const isMet = 'atMost' in limit ? measured.median <= limit.atMost : measured.median >= limit.atLeast;
  return { ...goal, measured, isMet };
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

/** `≤ 1.5 ×`. */
export function formatLimit({ limit, unit }: Pick<Goal, 'limit' | 'unit'>): string {
  const [sign, value] = 'atMost' in limit ? ['≤', limit.atMost] : ['≥', limit.atLeast];
  return `${sign} ${withUnit(value.toLocaleString('en-US'), unit)}`;
}
