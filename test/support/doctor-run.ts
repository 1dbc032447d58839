import type { Finding } from '../../src/main/doctor/finding.ts';
import { type RunCliOptions, runCli } from './run-cli.ts';

export interface DoctorRun {
  readonly code: number | null;
  readonly verdict: string;
  readonly findings: readonly Finding[];
  /** Findings of one check. */
  readonly of: (check: string) => readonly Finding[];
}

/** `tickwire doctor --json`, as a script runs it. */
export async function runDoctor(flags: readonly string[], options: RunCliOptions): Promise<DoctorRun> {
  const { code, stdout, stderr } = await runCli(['doctor', '--json', ...flags], options);
  const lines = stdout.trimEnd().split('\n');
  const isTold = code === 0 ? stderr === '' : /^tickwire: DOCTOR_NO_GO: .*\n$/.test(stderr);
  if (lines.length !== 1 || !isTold) throw new Error(`not one object:\n${stdout}\n${stderr}`);
  const { verdict, findings } = JSON.parse(stdout) as Pick<DoctorRun, 'verdict' | 'findings'>;
  return { code, verdict, findings, of: (check) => findings.filter((each) => each.check === check) };
}
