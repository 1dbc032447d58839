/** The two charts. Their colours are the style sheet's, so that they change with it. */
import { WINDOW_MS } from './chart-history.js';
import { find } from './elements.js';
import { latency, rate, time } from './format.js';

/** @import { ChartHistory } from './chart-history.js' */
/** @typedef {{ readonly label: string, readonly colour: string, readonly fill?: boolean }} Line */

const HEIGHT = 206;
const LEAST_WINDOW_MS = 60_000;
const IST = 'Asia/Kolkata';
/** Below it nothing is worth a line of its own; a logarithm needs a bound. In ms. */
const LEAST_LATENCY = 0.01;

/** @param {string} name of a custom property */
const colourOf = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

/**
 * One line for each power of ten.
 *
 * @param {uPlot} _chart
 * @param {number[]} splits
 */
const wholeDecades = (_chart, splits) =>
  splits.map((value) => (Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null));

class Chart {
  #format;
  #legend;
  #plot;
  /** @type {uPlot} */
  #chart;

  /**
   * @param {string} section
   * @param {readonly Line[]} lines
   * @param {(value: number) => string} format
   * @param {uPlot.Scale} scale
   */
  constructor(section, lines, format, scale) {
    this.#format = format;
    this.#plot = find(`${section} .plot`);
    this.#legend = find(`${section} .legend`);
    for (const { label, colour } of lines) {
      const entry = document.createElement('span');
      const mark = document.createElement('i');
      mark.style.background = `var(${colour})`;
      const value = document.createElement('b');
      entry.append(mark, `${label} `, value);
      this.#legend.append(entry);
    }
    const axis = {
      stroke: () => colourOf('--muted'),
      grid: { stroke: () => colourOf('--line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    this.#chart = new uPlot(
      {
        width: Math.max(200, this.#plot.clientWidth),
        height: HEIGHT,
        padding: [8, 22, 0, 0],
        legend: { show: false },
        cursor: { sync: { key: 'tickwire' }, drag: { x: false, y: false }, points: { size: 6 } },
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), IST),
        scales: { x: { time: true, range: (_chart, least, most) => [least ?? 0, most ?? 1] }, y: scale },
        axes: [
          {
            ...axis,
            size: 24,
            space: 56,
            values: (_chart, splits) => splits.map((at) => time(at * 1000).slice(-8)),
          },
          {
            ...axis,
            size: 58,
            space: 34,
            grid: { ...axis.grid, filter: scale.distr === 3 ? wholeDecades : (_chart, splits) => splits },
            values: (_chart, splits) => splits.map((value) => (value == null ? '' : format(value))),
          },
        ],
        series: [
          {},
          ...lines.map(({ colour, fill }) => ({
            stroke: () => colourOf(colour),
            width: 1.5,
            points: { show: false },
            ...(fill ? { fill: () => `${colourOf(colour)}22` } : {}),
          })),
        ],
        hooks: { setCursor: [() => this.#tell()] },
      },
      [[], ...lines.map(() => [])],
      this.#plot,
    );
    new ResizeObserver(() => {
      const width = this.#plot.clientWidth;
      if (width > 0) this.#chart.setSize({ width, height: HEIGHT });
    }).observe(this.#plot);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
      this.#chart.redraw(false, true),
    );
  }

  /** @param {readonly (readonly (number | null)[])[]} columns @param {number} now ms since 1970 */
  show(columns, now) {
    this.#chart.setData(/** @type {uPlot.AlignedData} */ (columns), false);
    // A page that was just opened is not left nearly empty for minutes.
    const seen = now - (columns[0]?.[0] ?? 0) * 1000;
    const window = Math.min(WINDOW_MS, Math.max(LEAST_WINDOW_MS, seen));
    this.#chart.setScale('x', { min: (now - window) / 1000, max: now / 1000 });
    this.#tell();
  }

  /** What the reader points at, otherwise the latest. */
  #tell() {
    const { data, cursor } = this.#chart ?? {};
    if (data === undefined) return;
    const at = cursor?.idx ?? data[0].length - 1;
    for (const [i, entry] of [...this.#legend.querySelectorAll('b')].entries()) {
      const value = data[i + 1]?.[at];
      entry.textContent = value == null ? '–' : this.#format(value);
    }
    this.#plot.dataset.points = String(data[0].length);
  }
}

export class Charts {
  #rates = new Chart(
    '#rates',
    [
      { label: 'ticks/s', colour: '--series-1', fill: true },
      { label: 'deliveries/s', colour: '--series-2' },
    ],
    rate,
    { range: (_chart, _least, most) => [0, Math.max(10, (most ?? 0) * 1.1)] },
  );
  #latency = new Chart(
    '#latency',
    [
      { label: 'p50', colour: '--series-1', fill: false },
      { label: 'p99', colour: '--series-3' },
    ],
    latency,
    {
      distr: 3,
      range: (_chart, least, most) => [
        10 ** Math.floor(Math.log10(Math.max(LEAST_LATENCY, least ?? 0.1))),
        10 ** Math.ceil(Math.log10(Math.max(1, most ?? 1))),
      ],
    },
  );

  /** @param {ChartHistory} history @param {number} now ms since 1970, by the engine's clock */
  show(history, now) {
    const { at, ticks, deliveries, p50, p99 } = history.columns();
    this.#rates.show([at, ticks, deliveries], now);
    const positive = (/** @type {number | null} */ value) =>
      value === null ? null : Math.max(LEAST_LATENCY, value);
    this.#latency.show([at, p50.map(positive), p99.map(positive)], now);
  }
}
