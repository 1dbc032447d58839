/** How the counters of the workers become metrics. */

/** Labels of a counter, by its name in the worker. */
type Labelled = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface CounterRow {
  /** Without the unit's `_total`. */
  readonly metric: string;
  readonly help: string;
  /** Kind of thread that counts it, see `ThreadRecord.kind`. */
  readonly from: 'feed' | 'proxy' | 'bus' | 'openalgo bus' | 'operator';
  /** Proxies count what they lost under one name, whoever feeds them. */
  readonly fedBy?: 'ring' | 'bus';
  /** Each connection to a broker by itself. */
  readonly byFeed?: boolean;
  /** Each thread by itself. */
  readonly byThread?: boolean;
  readonly counters: Labelled;
  /** Counters whose names begin so: the rest of the name is the label's value. */
  readonly prefix?: { readonly begins: string; readonly label: string };
}

/** The counters of one label each: `by('reason', { refusedOfKey: 'key' })`. */
export function by(label: string, values: Readonly<Record<string, string>>): Labelled {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { [label]: value }]));
}
