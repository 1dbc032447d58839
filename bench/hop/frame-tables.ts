/** What the frame hop prints: latencies, and CPU per frame with the differences of its ways. */
import type { StreamMode } from '../end-to-end/tick-format.ts';
import { type Figure, figureOf } from '../harness/figure.ts';
import { latencyPlot } from '../harness/latency-plot.ts';
import { LATENCY_COLUMNS, percentilesOf } from '../harness/latency-recorder.ts';
import type { Plot } from '../harness/scenario.ts';
import { formatSpread, spreadOf } from '../harness/spread.ts';
import type { Table } from '../harness/table.ts';
import type { FrameCpu } from './frame-host.ts';
import { FRAME_WAYS, type FrameLoad, type FrameRun, type FrameWay } from './frame-stage.ts';

export interface FrameCell extends FrameLoad {
  readonly name: string;
}

/** The runs of each line, one for each round. */
export type FrameCells = ReadonlyMap<FrameCell, readonly FrameRun[]>;

const spread = (values: readonly number[], digits: number) => formatSpread(spreadOf(values), digits);

/** Of a mode and a rate the runs of each way. */
function beside(
  cells: FrameCells,
  mode: StreamMode,
  perSecond: number,
): ReadonlyMap<FrameWay, readonly FrameRun[]> {
  return new Map(
    [...cells]
      .filter(([cell]) => cell.mode === mode && cell.perSecond === perSecond)
      .map(([{ way }, runs]) => [way, runs]),
  );
}

export function latencyTable(cells: FrameCells): Table {
  const rows = [...cells].map(([{ name }, runs]) => {
    const percentiles = percentilesOf(runs.map(({ latency }) => latency)).map((values, i) =>
      i === 0 || i === 2 ? spread(values, 0) : spreadOf(values).median.toFixed(0),
    );
    const lag = percentilesOf(runs.map(({ generatorLag }) => generatorLag));
    const lost = runs.reduce((sum, { sent, received }) => sum + sent - received, 0);
    const [p50, , p99] = lag.map((values) => spreadOf(values).median.toFixed(0));
    return [name, ...percentiles, p50!, p99!, String(lost)];
  });
  return {
    title: 'Frame hop: intended time of a frame to whoever receives it',
    columns: ['µs', ...LATENCY_COLUMNS, 'generator p50', 'p99', 'lost'],
    rows,
  };
}

/** In each round what one way takes more than another, ns per frame. */
function differences(more: readonly FrameRun[], less: readonly FrameRun[]): number[] {
  return more.flatMap(({ cpu }, i) => {
    const other = less[i]?.cpu;
    return cpu === null || other === null || other === undefined ? [] : [(cpu.socket - other.socket) * 1000];
  });
}

export function costTable(cells: FrameCells, grid: readonly (readonly [StreamMode, number])[]): Table {
  const cost = (runs: readonly FrameRun[], part: keyof FrameCpu) => {
    const known = runs.flatMap(({ cpu }) => (cpu === null ? [] : [cpu[part] * 1000]));
    return known.length === 0 ? '-' : spread(known, 0);
  };
  const difference = (more: readonly FrameRun[], less: readonly FrameRun[]) => {
    const known = differences(more, less);
    return known.length === 0 ? '-' : spread(known, 0);
  };
  const rows = grid.map(([mode, perSecond]) => {
    const ways = beside(cells, mode, perSecond);
    const [socket, library, feed] = FRAME_WAYS.map((way) => ways.get(way)!) as [
      readonly FrameRun[],
      readonly FrameRun[],
      readonly FrameRun[],
    ];
    return [
      `${mode}, ${perSecond}/s`,
      ...[socket, library, feed].map((runs) => cost(runs, 'socket')),
      difference(library, socket),
      difference(feed, library),
      cost(feed, 'reader'),
    ];
  });
  const columns = ['ns per frame', ...FRAME_WAYS, 'ws − socket', 'feed worker − ws', "the ring's reader"];
  return { title: "Frame hop: CPU per frame of the thread that has the generator's socket", columns, rows };
}

export function frameFigures(
  cells: FrameCells,
  grid: readonly (readonly [StreamMode, number])[],
): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  for (const [mode, perSecond] of grid) {
    const ways = beside(cells, mode, perSecond);
    const library = ways.get('ws')!;
    const feed = ways.get('feed worker')!;
    const where = `${mode} at ${perSecond}/s`;
    const ours = differences(feed, library);
    if (ours.length > 0) figures[`CPU of feed worker − ws, ${where}`] = figureOf(ours, 'ns');
    const ratios = feed.map(({ latency }, i) => latency.p50 / library[i]!.latency.p50);
    figures[`p50 × ws, ${where}`] = figureOf(ratios, '×');
  }
  return figures;
}

export function framePlots(cells: FrameCells, grid: readonly (readonly [StreamMode, number])[]): Plot[] {
  const quotes = grid.filter(([mode]) => mode === 'quote');
  return quotes.map(([mode, perSecond]) =>
    latencyPlot(`Frame hop, ${mode} at ${perSecond}/s`, beside(cells, mode, perSecond)),
  );
}
