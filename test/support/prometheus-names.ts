/** What an expression of PromQL asks for. */

export interface Selector {
  readonly metric: string;
  /** Labels with the values that the expression names; empty for a pattern that names none. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

const METRIC = /\b((?:tickwire|process)_\w+|up)\b(?:\{([^}]*)\})?/g;

/** The metrics that an expression names, with the labels that it selects by. Grafana's variables count as no value. */
export function selectorsOf(expression: string): Selector[] {
  return [...expression.matchAll(METRIC)].map(([, metric, matchers = '']) => {
    const labels = new Map<string, string[]>();
    for (const [, label, operator, value] of matchers.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"/g)) {
      const isNamed = !value!.includes('$') && !operator!.startsWith('!');
      labels.set(label!, isNamed ? value!.split('|') : []);
    }
    return { metric: metric!, labels };
  });
}

export interface AlertRule {
  readonly name: string;
  readonly expr: string;
  readonly severity: string;
  readonly summary: string;
}

/** Rules of a file that is written as ours is: one key a line, expressions folded below theirs. */
export function readAlertRules(text: string): AlertRule[] {
  return text
    .split(/^ +- alert: /m)
    .slice(1)
    .map((rule) => {
      const name = /^\w+/.exec(rule)?.[0] ?? '';
      const folded = /^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/m.exec(rule);
      const expr = (folded?.[1] ?? folded?.[2] ?? '').trim().replace(/\s+/g, ' ');
      const severity = /labels: \{ severity: (\w+) \}/.exec(rule)?.[1] ?? '';
      const summary = /annotations: \{ summary: "(.*)" \}/.exec(rule)?.[1] ?? '';
      return { name, expr, severity, summary };
    });
}
