/** A report as a table: for the terminal, and as Markdown between the README's marks. */
import { formatMachine } from '../../bench/harness/environment.ts';
import { formatTable } from '../../bench/harness/table.ts';
import type { AbuseReport, AttackReport } from './report.ts';
import { P99_AIM, type Verdict, verdictOf } from './verdict.ts';

const MIB = 1024 ** 2;
const SHOWN = 3;

const BLOCK = /<!-- abuse -->\n[\s\S]*?<!-- end -->/;

const number = (value: number) => Math.round(value).toLocaleString('en-US');

/** The most frequent ones first. */
function describeCounts(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, SHOWN).map(([name, count]) => `${number(count)} × ${name}`);
  return [...shown, ...(sorted.length > SHOWN ? ['…'] : [])].join(', ');
}

function describeEffort({ outcome: { opened, messages, bytes } }: Verdict): string {
  const parts = [`${number(opened)} connections`];
  if (messages > 0) parts.push(`${number(messages)} messages`);
  if (bytes > MIB) parts.push(`${number(bytes / MIB)} MiB`);
  return parts.join(', ');
}

function describeAnswer({ outcome: { answers, ends } }: Verdict): string {
  const told = describeCounts(answers);
  const ended = describeCounts(ends);
  return [told, ended === '' ? '' : `ended: ${ended}`].filter((text) => text !== '').join('; ') || '-';
}

const ratioText = (ratio: number | null) => (ratio === null ? '-' : `${ratio.toFixed(2)} ×`);
const msText = (us: number | null) => (us === null ? '-' : (us / 1000).toFixed(2));
const memoryText = ({ peakMiB }: Verdict) => (peakMiB === null ? 'unknown' : number(peakMiB));

function stateOf({ failures }: AttackReport, verdict: Verdict): string {
  if (failures.length > 0) return 'FAILED';
  if (verdict.ratio <= P99_AIM) return 'yes';
  // As late as any program is on this machine while those that share its cores are attacked.
  const isOfCores = verdict.neighbourRatio !== null && verdict.neighbourRatio <= P99_AIM;
  return isOfCores ? 'yes, for shared cores' : 'p99 too high';
}

/** For the terminal. */
export function formatReportTable(report: AbuseReport): string {
  const rows = report.attacks.map((attack) => {
    const verdict = verdictOf(attack);
    return [
      attack.name,
      String(verdict.lost),
      msText(verdict.quietP99),
      msText(verdict.neighbourP99),
      msText(verdict.attackP99),
      ratioText(verdict.ratio),
      ratioText(verdict.neighbourRatio),
      memoryText(verdict),
      attack.boundMiB === null ? '-' : number(attack.boundMiB),
      stateOf(attack, verdict),
    ];
  });
  const columns = [
    '',
    'lost',
    'p99 quiet, ms',
    'neighbour attacked',
    'attacked',
    '× quiet',
    '× neighbour',
    'RSS MiB',
    'bound',
    'survived',
  ];
  const table = formatTable({ title: 'Two healthy clients beside each attack', columns, rows });
  const told = report.attacks.map((attack) => {
    const verdict = verdictOf(attack);
    const failures = attack.failures.map((failure) => `\n  FAILED: ${failure}`);
    return `${attack.name}: ${describeEffort(verdict)}; answered: ${describeAnswer(verdict)}${failures.join('')}`;
  });
  return [table, ...told].join('\n');
}

/** A cell must not end early. */
const cell = (text: string) => text.replaceAll('|', '\\|');

/** What stands between the README's marks. */
export function markdownTable(report: AbuseReport): string {
  const { environment, seconds, rounds, instruments, ticksPerSecond, attacks } = report;
  const head = [
    '| attack | done to it | answered | lost | p99, ms | × undisturbed | × neighbour attacked | memory, MiB | survived |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const rows = attacks.map((attack) => {
    const verdict = verdictOf(attack);
    const cells = [
      attack.summary,
      describeEffort(verdict),
      describeAnswer(verdict),
      `${number(verdict.lost)} of ${number(verdict.deliveries + verdict.lost)}`,
      `${msText(verdict.quietP99)} → ${msText(verdict.attackP99)}`,
      ratioText(verdict.ratio),
      ratioText(verdict.neighbourRatio),
      memoryText(verdict),
      stateOf(attack, verdict),
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const failures = attacks.flatMap(({ name, failures: all }) =>
    all.map((failure) => `FAILED: ${name}: ${failure}`),
  );
  const bounds = [
    ...new Set(attacks.flatMap(({ boundMiB }) => (boundMiB === null ? [] : [number(boundMiB)]))),
  ];
  const bound = bounds.length === 0 ? 'not printed' : `${bounds.join(' and ')} MiB`;
  const conditions = [
    `bound of memory that the engine printed at its start: ${bound}`,
    `${number(ticksPerSecond)} ticks/s over ${number(instruments)} instruments to 2 healthy clients, ${rounds} rounds of ${seconds.toFixed(1)} s undisturbed, and of that or longer with the engine or its neighbour attacked`,
    formatMachine(environment),
    `commit ${environment.commit}, ${environment.startedAt}, load average ${environment.load.join(' ')} before`,
    ...failures,
  ];
  return [...head, ...rows, '', '```text', ...conditions, '```'].join('\n');
}

/**
 * @returns the text with its marked place filled
 * @throws Error for a text without one
 */
export function fillReadme(text: string, report: AbuseReport): string {
  if (!BLOCK.test(text))
    throw new Error('the README has no place for the table: <!-- abuse --> … <!-- end -->');
  return text.replace(BLOCK, () => `<!-- abuse -->\n\n${markdownTable(report)}\n\n<!-- end -->`);
}
