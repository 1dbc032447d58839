import { styleText } from 'node:util';
import type { Finding, Verdict } from './finding.ts';

const LABELS: Readonly<Record<Verdict, string>> = { go: 'go', warn: 'warning', 'no-go': 'NO-GO' };
const STYLES = { go: 'green', warn: 'yellow', 'no-go': ['red', 'bold'] } as const;
const LABEL_WIDTH = Math.max(...Object.values(LABELS).map(({ length }) => length));
const CHECK_WIDTH = 13;
const INDENT = ' '.repeat(LABEL_WIDTH + CHECK_WIDTH + 4);

/** A finding for people; its advice is a line of its own. Coloured on a terminal alone. */
export function formatFinding({ check, verdict, found, advice }: Finding): string {
  const label = styleText([STYLES[verdict]].flat(), LABELS[verdict].padEnd(LABEL_WIDTH));
  const line = `${label}  ${check.padEnd(CHECK_WIDTH)}  ${found}`;
  return advice === null ? line : `${line}\n${INDENT}→ ${advice}`;
}

/** The last line. */
export function formatVerdict(findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter((each) => each.verdict === verdict).length;
  const warnings = count('warn');
  const noGos = count('no-go');
  const behind = warnings === 0 ? '' : `, ${warnings} warning${warnings === 1 ? '' : 's'}`;
  if (noGos > 0) return styleText(['red', 'bold'], `NO-GO: ${noGos} in the way${behind}.`);
  return styleText(['green', 'bold'], `Go${behind}.`);
}
