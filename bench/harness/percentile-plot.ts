/** Latency curves as an SVG drawing with a legend, for the HTML report: colours come from the page's style sheet. */
import { escapeHtml } from './html-text.ts';
import { PLOT_PERCENTILES } from './latency-recorder.ts';
import { PLOT_HEIGHT, PLOT_MARGIN, PLOT_WIDTH, plotScale, type Tick } from './plot-scale.ts';
import type { Plot, PlotSeries } from './scenario.ts';

/** Colours in the style sheet; with more lines than these they start again, dashed. */
export const PLOT_COLOURS = 6;
const LEGEND_PERCENTILES = [50, 90, 99, 99.9, 99.99] as const;

const px = (value: number) => String(Math.round(value * 10) / 10);

const colourOf = (i: number) =>
  `s${i % PLOT_COLOURS}${Math.floor(i / PLOT_COLOURS) % 2 === 1 ? ' dashed' : ''}`;

function verticals(ticks: readonly Tick[]): string {
  const bottom = PLOT_HEIGHT - PLOT_MARGIN.bottom;
  return ticks
    .map(
      ({ at, label }) =>
        `<line class="grid" x1="${px(at)}" y1="${PLOT_MARGIN.top}" x2="${px(at)}" y2="${bottom}"/>` +
        `<text x="${px(at)}" y="${bottom + 19}" text-anchor="middle">${escapeHtml(label)}</text>`,
    )
    .join('');
}

function horizontals(ticks: readonly Tick[]): string {
  const { left, right } = PLOT_MARGIN;
  return ticks
    .map(({ at, label, isMajor }) => {
      const line = `<line class="grid${isMajor ? '' : ' minor'}" x1="${left}" y1="${px(at)}" x2="${PLOT_WIDTH - right}" y2="${px(at)}"/>`;
      const text =
        label === ''
          ? ''
          : `<text x="${left - 9}" y="${px(at + 4)}" text-anchor="end">${escapeHtml(label)}</text>`;
      return line + text;
    })
    .join('');
}

function axisNames(): string {
  const middle = (PLOT_MARGIN.top + PLOT_HEIGHT - PLOT_MARGIN.bottom) / 2;
  const centre = (PLOT_MARGIN.left + PLOT_WIDTH - PLOT_MARGIN.right) / 2;
  return (
    `<text class="axis" x="${px(centre)}" y="${PLOT_HEIGHT - 8}" text-anchor="middle">percentile</text>` +
    `<text class="axis" transform="translate(16 ${px(middle)}) rotate(-90)" text-anchor="middle">µs</text>`
  );
}

/** The points of a line, `x,y x,y`. */
function points({ curve }: PlotSeries, scale: ReturnType<typeof plotScale>): string {
  return curve.map((us, i) => `${px(scale.x(PLOT_PERCENTILES[i]!))},${px(scale.y(us))}`).join(' ');
}

function microseconds(us: number | undefined): string {
  if (us === undefined) return '–';
  return us.toLocaleString('en-US', { maximumSignificantDigits: us >= 1000 ? 4 : 3 });
}

function legend(series: readonly PlotSeries[]): string {
  const head = LEGEND_PERCENTILES.map((percentile) => `<th>p${percentile}</th>`).join('');
  const rows = series.map(({ name, curve }, i) => {
    const swatch = `<svg class="swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="series ${colourOf(i)}" x1="1" y1="5" x2="29" y2="5"/></svg>`;
    const cells = LEGEND_PERCENTILES.map(
      (percentile) => `<td>${microseconds(curve[PLOT_PERCENTILES.indexOf(percentile)])}</td>`,
    ).join('');
    return `<tr><td>${swatch}${escapeHtml(name)}</td>${cells}</tr>`;
  });
  return `<table class="legend"><thead><tr><th>µs</th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** A figure with the curves of a plot; without any, the words that there are none. */
export function percentilePlot(plot: Plot): string {
  const { title, series } = plot;
  const caption = `<figcaption>${escapeHtml(title)}</figcaption>`;
  if (series.length === 0) return `<figure>${caption}<p>Nothing was recorded.</p></figure>`;
  const scale = plotScale(plot);
  const lines = series.map(
    (one, i) =>
      `<polyline class="series ${colourOf(i)}" points="${points(one, scale)}"><title>${escapeHtml(one.name)}</title></polyline>`,
  );
  const drawing = [verticals(scale.xTicks), horizontals(scale.yTicks), axisNames(), ...lines].join('\n');
  const label = escapeHtml(`${title}: latency by percentile, ${series.map(({ name }) => name).join('; ')}`);
  return (
    `<figure>${caption}<div class="wide"><svg class="plot" viewBox="0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT}" role="img" aria-label="${label}">` +
    `${drawing}</svg></div><div class="wide">${legend(series)}</div></figure>`
  );
}
