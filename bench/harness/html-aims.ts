/** The aims on the HTML page. */
import { formatFigure } from './figure.ts';
import { escapeHtml } from './html-text.ts';
import {
  doubtfulNote,
  formatLimit,
  formatMeasured,
  type JudgedAim,
  type JudgedGoal,
  verdictOf,
} from './judged-aim.ts';

/** Code in back-ticks, the only mark-up in the texts of aims. */
const withCode = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** The place of the median on a line that ends at twice the limit, and the limit's own in its middle. */
function gauge({ limit, measured, isMet }: JudgedGoal): string {
  if (measured === null) return '';
  const bound = 'atMost' in limit ? limit.atMost : limit.atLeast;
  const share = Math.round(Math.min(1, Math.max(0, measured.median / bound / 2)) * 1000) / 10;
  const kind = isMet ? 'met' : 'not-met';
  return (
    `<svg class="gauge ${kind}" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true"><rect class="track" y="4" width="100" height="4"/>` +
    `<rect class="bar" y="4" width="${share}" height="4"/><rect class="limit" x="49.4" width="1.2" height="12"/></svg>`
  );
}

function aimRows({ what, goals }: JudgedAim): string {
  const rows = goals.map((goal, i) => {
    const verdict = verdictOf(goal);
    const measured = formatMeasured(goal, formatFigure);
    const kind = goal.failure === null ? 'number' : 'not-met';
    const head = i === 0 ? `<td rowspan="${goals.length}">${withCode(what)}</td>` : '';
    return (
      `<tr>${head}<td>${withCode(goal.label)}</td><td class="number">${escapeHtml(formatLimit(goal))}</td>` +
      `<td class="${kind}">${escapeHtml(measured)}</td><td>${gauge(goal)}</td>` +
      `<td class="number ${verdict.replace(' ', '-')}">${verdict}</td></tr>`
    );
  });
  return `<tbody>${rows.join('\n')}</tbody>`;
}

/** The section of the aims, each beside what was measured. */
export function htmlAims(aims: readonly JudgedAim[]): string {
  const columns = ['what', '', 'aim', 'measured, median (quartiles)', '', ''];
  const head = columns.map((name) => `<th>${name}</th>`).join('');
  const note = doubtfulNote(aims);
  const foot = note === '' ? '' : `<p class="note">${escapeHtml(note)}</p>`;
  return (
    '<section id="aims"><h2>Aims</h2><p>Ratios are formed within each round between things that took turns in it. The mark in a bar is the aim.</p>' +
    `<div class="wide"><table class="aims"><thead><tr>${head}</tr></thead>${aims.map(aimRows).join('\n')}</table></div>${foot}</section>`
  );
}
