/** A report as one HTML page that needs nothing else: no script, and nothing from another place. */
import type { Comparison } from './comparison.ts';
import { formatConditions, formatMoment } from './conditions.ts';
import { formatFigure } from './figure.ts';
import { htmlAims } from './html-aims.ts';
import { STYLE } from './html-style.ts';
import { escapeHtml } from './html-text.ts';
import { judgeAims } from './judged-aim.ts';
import { percentilePlot } from './percentile-plot.ts';
import type { ScenarioResult, SuiteReport } from './report-file.ts';
import type { Table } from './table.ts';

const paragraph = (kind: string, text: string) => `<p class="${kind}">${escapeHtml(text)}</p>`;

function htmlTable({ title, columns, rows }: Table): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map(
    (row) => `<tr>${columns.map((_, i) => `<td>${escapeHtml(row[i] ?? '')}</td>`).join('')}</tr>`,
  );
  return `<h3>${escapeHtml(title)}</h3><div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

/** What generator and clients can do at most bounds what can be measured. */
function loadCeiling(scenarios: readonly ScenarioResult[]): string {
  const figure = scenarios.find(({ name }) => name === 'ceiling')?.figures?.[
    'highest rate with nothing between'
  ];
  return figure === undefined
    ? 'not measured in this run'
    : `${formatFigure(figure)}, one client, nothing between`;
}

function conditionsSection({ environment, scenarios }: SuiteReport): string {
  const { nodeFlags, nodeOptions } = environment;
  const entries: [string, string][] = [
    ['processor', `${environment.cpu}, ${environment.cores} cores, governor ${environment.governor}`],
    ['threads for Node', String(environment.parallelism)],
    ['memory', `${environment.memoryGiB} GiB`],
    ['system', `${environment.platform}, kernel ${environment.kernel}`],
    ['Node', `${environment.node}, V8 ${environment.v8}`],
    ['its flags', nodeFlags.join(' ') || 'none'],
    ['NODE_OPTIONS', nodeOptions || 'none'],
    ['arguments', environment.arguments.join(' ') || 'none'],
    ['commit', environment.commit],
    ['started', environment.startedAt],
    ['load average', environment.load.join(' ')],
    ['ceiling of the load', loadCeiling(scenarios)],
  ];
  const list = entries.map(([key, value]) => `<dt>${key}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  return (
    `<section id="conditions"><h2>Conditions</h2><dl>${list}</dl>` +
    '<h3>How to read the numbers</h3><p>Load is scheduled by the clock, and a latency counts from the instant at which its tick was due: ' +
    'a machine that stands still shows the whole wait in every tick that was due meanwhile. How late the load generator was itself is ' +
    'shown beside it. Tables give the median of the rounds, and the quartiles in brackets; curves are the median of the rounds at each ' +
    'percentile, and end where a percentile stands for less than one tick. Times belong to this machine and this hour; ratios (×) are ' +
    'formed within a round.</p></section>'
  );
}

/** All figures, folded away: most of them stand in a table too. */
function figureTable({ figures = {} }: ScenarioResult): string {
  const rows = Object.entries(figures).map(([name, figure]) => [name, formatFigure(figure)]);
  if (rows.length === 0) return '';
  const title = 'Figures: median (quartiles) of the rounds';
  return `<details><summary>${rows.length} figures</summary>${htmlTable({ title, columns: ['', ''], rows })}</details>`;
}

function scenarioSection(result: ScenarioResult): string {
  const { name, group, summary, topology, tables, plots = [], warnings, failures } = result;
  return [
    `<section id="${escapeHtml(name)}"><p class="group">${escapeHtml(group)}</p><h2>${escapeHtml(name)}</h2>`,
    paragraph('lead', summary),
    `<pre>${escapeHtml(topology)}</pre>`,
    ...failures.map((failure) => paragraph('failure', failure)),
    ...warnings.map((warning) => paragraph('warning', warning)),
    ...plots.map(percentilePlot),
    ...tables.map(htmlTable),
    figureTable(result),
    paragraph('note', formatConditions(result.conditions)),
    paragraph('note', formatMoment(result)),
    '</section>',
  ].join('\n');
}

function comparisonSection({ notes, tables }: Comparison): string {
  const texts = notes.map((note) => paragraph('note', note)).join('\n');
  return `<section id="comparison"><h2>Compared to a base</h2>${texts}${tables.map(htmlTable).join('\n')}</section>`;
}

/** @param comparison to an earlier run, shown behind the aims */
export function htmlPage(report: SuiteReport, comparison?: Comparison): string {
  const { environment, scenarios, isSmoke } = report;
  const names = [
    ...(isSmoke ? [] : ['aims']),
    'conditions',
    ...(comparison ? ['comparison'] : []),
    ...scenarios.map(({ name }) => name),
  ];
  const links = names.map((name) => `<a href="#${escapeHtml(name)}">${escapeHtml(name)}</a>`).join('\n');
  const title = `Tickwire benchmark, ${environment.startedAt.slice(0, 10)}, commit ${environment.commit}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Tickwire benchmark</h1>
<p class="lead">${escapeHtml(`${environment.cpu}, ${environment.cores} cores · Node ${environment.node} · commit ${environment.commit} · ${environment.startedAt.slice(0, 16).replace('T', ' ')} UTC`)}</p>
${isSmoke ? paragraph('failure', 'A smoke run: it shows that the suite works; its numbers mean nothing.') : ''}
<nav>${links}</nav>
</header>
<main>
${isSmoke ? '' : htmlAims(judgeAims(report))}
${conditionsSection(report)}
${comparison ? comparisonSection(comparison) : ''}
${scenarios.map(scenarioSection).join('\n')}
</main>
</body>
</html>
`;
}
