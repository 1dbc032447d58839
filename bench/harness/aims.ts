/** What the engine is to reach on two cores, each number taken from a scenario's figures. */

export interface Goal {
  /** What tells it from the other goals of the aim; empty for the only one. */
  readonly label: string;
  readonly scenario: string;
  /** Its name in the scenario's `figures`. */
  readonly figure: string;
  /** In the figure's unit: its median must not be above (`atMost`) or below (`atLeast`) it. */
  readonly limit: { readonly atMost: number } | { readonly atLeast: number };
  readonly unit: string;
  /** The label ends with the measured seconds of the run that is judged. */
  readonly saysSeconds?: true;
}

export interface Aim {
  readonly what: string;
  readonly goals: readonly Goal[];
}

const RATES = [1000, 10_000, 45_000] as const;

const atRate = (perSecond: number) => `${perSecond.toLocaleString('en-US')} ticks/s`;

/** A ratio to a rival at some rates, with a limit for each. */
function ratios(figure: string, label: string, limits: readonly (readonly [rate: number, atMost: number])[]) {
  return limits.map(([rate, atMost]): Goal => {
    const at = atRate(rate);
    return {
      label: label === '' ? at : `${label}, ${at}`,
      scenario: 'tick-to-client',
      figure: `${figure} at ${rate}/s`,
      limit: { atMost },
      unit: '×',
    };
  });
}

const everyRate = (atMost: number) => RATES.map((rate) => [rate, atMost] as const);

function times(label: string, scenario: string, figure: string, limit: Goal['limit']): Goal {
  return { label, scenario, figure, limit, unit: '×' };
}

export const AIMS: readonly Aim[] = [
  {
    what: 'tick-to-client p50 over the floor, one JSON client',
    goals: ratios('p50 × floor', '', [
      [1000, 1.5],
      [10_000, 1.25],
      [45_000, 1.25],
    ]),
  },
  {
    what: '… with the `latency` preset',
    goals: ratios('latency preset p50 × floor', '', everyRate(1.1)),
  },
  {
    what: '… of msgpack over JSON',
    goals: ratios('msgpack p50 × JSON', '', everyRate(1)),
  },
  {
    what: 'tick-to-client p99 and p99.9 over the floor',
    goals: [
      ...ratios('p99 × floor', 'p99', everyRate(1.5)),
      ...ratios('p99.9 × floor', 'p99.9', everyRate(1.5)),
    ],
  },
  {
    what: 'highest sustained rate, one client, nothing lost, p99 ≤ 10 ms',
    goals: [
      { label: '', scenario: 'ceiling', figure: 'highest rate', limit: { atLeast: 105_000 }, unit: '/s' },
      times('over the floor', 'ceiling', 'highest rate × floor', { atLeast: 0.9 }),
      times('over plain Node', 'ceiling', 'highest rate × plain', { atLeast: 3 }),
    ],
  },
  {
    what: 'CPU per delivery over the floor',
    goals: ratios('CPU × floor', '', [
      [10_000, 1.4],
      [45_000, 1.4],
    ]),
  },
  {
    what: 'deliveries per CPU second, 100 clients × 1,000 ticks/s',
    goals: [
      times('over the floor', 'fan-out', 'deliveries per CPU second × floor', { atLeast: 0.8 }),
      times('over plain Node', 'fan-out', 'deliveries per CPU second × plain', { atLeast: 5 }),
      times('over NATS', 'fan-out', 'deliveries per CPU second × NATS', { atLeast: 1 }),
      times(
        '`throughput` preset over the floor',
        'fan-out',
        'throughput preset deliveries per CPU second × floor',
        { atLeast: 4 },
      ),
    ],
  },
  {
    what: 'cost per delivery',
    goals: [
      times(
        '1,000 clients over 10, 100 ticks/s',
        'fan-out',
        'cost per delivery of 1000 clients × 10 clients',
        {
          atMost: 1.3,
        },
      ),
      times(
        '3,000 instruments over 10',
        'instruments',
        'cost per delivery of 3000 instruments × 10 instruments',
        { atMost: 1.3 },
      ),
    ],
  },
  {
    what: "healthy clients' p99.9 with 10 stalled ones over none",
    goals: [times('', 'stalled', 'healthy p99.9 with 10 stalled × without', { atMost: 1.2 })],
  },
  {
    what: 'time of others for the same tick over ours',
    goals: [
      times("official SDK's parser", 'decode', 'official SDK parser × ours', { atLeast: 10 }),
      times('`JSON.stringify` and its bytes, which a client needs', 'json', 'JSON.stringify × ours', {
        atLeast: 4,
      }),
      times('`JSON.stringify`, the string alone', 'json', 'JSON.stringify, to a string × ours', {
        atLeast: 4,
      }),
      times('msgpackr', 'msgpack', 'msgpackr × ours', { atLeast: 6 }),
    ],
  },
  {
    what: 'memory',
    goals: [
      {
        ...times('end of the soak over after the warm-up', 'soak', 'RSS at the end × after the warm-up', {
          atMost: 1.1,
        }),
        saysSeconds: true,
      },
      {
        label: 'above the idle runtime, 3,000 instruments and 1,000 clients',
        scenario: 'memory',
        figure: 'RSS above the idle runtime',
        limit: { atMost: 150 },
        unit: 'MiB',
      },
    ],
  },
  {
    what: 'CPU while the market is closed',
    goals: [
      {
        label: '',
        scenario: 'idle',
        figure: 'CPU of the idle engine',
        limit: { atMost: 1 },
        unit: '% of a core',
      },
    ],
  },
  {
    what: '`npm start` to the printed address, no database yet',
    goals: [
      {
        label: '',
        scenario: 'start-up',
        figure: 'address after npm start',
        limit: { atMost: 2 },
        unit: 's',
      },
    ],
  },
];
