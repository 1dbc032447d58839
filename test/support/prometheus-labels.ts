/** Which labels expressions of PromQL lean on, and whether the metrics have them. */
import assert from 'node:assert/strict';
import type { Registry } from 'prom-client';
import { selectorsOf } from './prometheus-names.ts';

/** Labels that Prometheus adds. */
export const OF_PROMETHEUS: readonly string[] = ['instance', 'job'];

/** What is asked, and the text that is shown with the answer: an alert's summary, a chart's legend. */
export interface ShownExpression {
  readonly expr: string;
  readonly text: string;
}

/** By metric, as the registry declares them; also of metrics without a series. */
export function declaredLabels(registry: Registry): (metric: string) => readonly string[] {
  const declared = new Map<string, readonly string[]>([['up', OF_PROMETHEUS]]);
  for (const metric of registry.getMetricsAsArray()) {
    const names = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
    declared.set(metric.name, [...names.map(String), ...OF_PROMETHEUS]);
  }
  return (metric) => {
    const family = declared.get(metric) ?? declared.get(metric.replace(/_(bucket|sum|count)$/, ''));
    assert.ok(family !== undefined, `no metric ${metric}`);
    return metric.endsWith('_bucket') ? [...family, 'le'] : family;
  };
}

/** @throws AssertionError for a label that is grouped by, joined on or shown, and that is not there */
export function assertLabels(shown: ShownExpression, labelsOf: (metric: string) => readonly string[]): void {
  const { expr, text } = shown;
  const left = resultLabels(expr, labelsOf);
  for (const match of expr.matchAll(/\b(by|on)\s*\(([^)]*)\)/g)) {
    const [whole, word, labels] = match;
    const rest = expr.slice(match.index + whole.length).trim();
    for (const label of split(labels!)) {
      const sides = word === 'on' ? [left, resultLabels(rest, labelsOf)] : metricsIn(rest).map(labelsOf);
      assert.ok(
        sides.every((known) => known.includes(label)),
        `no ${label} for "${whole}" in: ${expr}`,
      );
    }
  }
  for (const [, label] of text.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)\b/g))
    assert.ok(left.includes(label!), `no label ${label} is left of ${expr} for: ${text}`);
}

/** Of the brackets that a text begins with. */
function metricsIn(text: string): string[] {
  return selectorsOf(bracketed(text)).map(({ metric }) => metric);
}

/** Up to the bracket that closes the first one. */
function bracketed(text: string): string {
  let depth = 0;
  for (const [i, character] of [...text].entries()) {
    if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return text.slice(0, i);
  }
  return text;
}

/** Those that the answer has: what it is compared with on the right takes none away. */
function resultLabels(expr: string, labelsOf: (metric: string) => readonly string[]): readonly string[] {
  const aggregate = /^(?:histogram_quantile\([\d.]+, )?(?:sum|min|max|avg|count)\b(?: by \(([^)]*)\))?/.exec(
    expr,
  );
  if (aggregate !== null) return split(aggregate[1] ?? '').filter((label) => label !== 'le');
  return labelsOf(selectorsOf(expr)[0]!.metric);
}

function split(labels: string): string[] {
  return labels.split(',').flatMap((label) => label.trim() || []);
}
