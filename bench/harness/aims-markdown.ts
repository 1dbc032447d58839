/** The aims as tables for documents. */
import { formatFigure, formatMedian } from './figure.ts';
import {
  doubtfulNote,
  formatLimit,
  formatMeasured,
  type JudgedAim,
  type JudgedGoal,
  verdictOf,
} from './judged-aim.ts';

function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A star or a tag in a text stays what it is. */
const inMarkdown = (text: string) => text.replaceAll('*', '\\*').replaceAll('<', '&lt;');

function withNote(table: string, aims: readonly JudgedAim[]): string {
  const note = doubtfulNote(aims);
  return note === '' ? table : `${table}\n\n${inMarkdown(note)}`;
}

const named = ({ label }: JudgedGoal, text: string) => (label === '' ? text : `${label}: ${text}`);

/** Equal limits of neighbours are said once. */
function limits(goals: readonly JudgedGoal[]): string {
  const texts = goals.map(formatLimit);
  const isOne = texts.every((text) => text === texts[0]);
  return isOne ? texts[0]! : goals.map((goal, i) => named(goal, texts[i]!)).join('<br>');
}

function verdicts(goals: readonly JudgedGoal[]): string {
  const count = (wanted: boolean | null) => goals.filter(({ isMet }) => isMet === wanted).length;
  if (count(true) === goals.length) return 'yes';
  if (count(null) === goals.length) return 'not measured';
  return goals.length === 1 ? 'no' : `${count(true)} of ${goals.length}`;
}

/** A line for each aim: medians alone. */
export function aimsSummary(aims: readonly JudgedAim[]): string {
  const rows = aims.map(({ what, goals, command }) => [
    what,
    limits(goals),
    goals.map((goal) => named(goal, inMarkdown(formatMeasured(goal, formatMedian)))).join('<br>'),
    verdicts(goals),
    `\`${command}\``,
  ]);
  return withNote(markdownTable(['what', 'aim', 'measured', 'met', 'command'], rows), aims);
}

/** A line for each number, with its spread. */
export function aimsTable(aims: readonly JudgedAim[]): string {
  const rows = aims.flatMap(({ what, goals }) =>
    goals.map((goal) => [
      goal.label === '' ? what : `${what}: ${goal.label}`,
      formatLimit(goal),
      inMarkdown(formatMeasured(goal, formatFigure)),
      verdictOf(goal),
      `\`--only ${goal.scenario}\``,
    ]),
  );
  return withNote(markdownTable(['what', 'aim', 'measured, median (quartiles)', '', 'command'], rows), aims);
}
