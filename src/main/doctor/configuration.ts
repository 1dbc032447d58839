/** What the start would refuse before it starts anything, all of it at once and not one by one. */
import { chooseListenerTls } from '../config/client-listener.ts';
import { chooseCurveClient, chooseCurveServer } from '../config/curve-setup.ts';
import { chooseMarketCalendar } from '../config/market-calendar-file.ts';
import { checkOperatorConfig } from '../config/operator-listener-config.ts';
import { refuseUnreachableBus, refuseUnreachableFeeds } from '../config/role-endpoints.ts';
import { refusePlainStreams } from '../config/stream-address.ts';
import { CONFIG_KEYS } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { angelApiUrl } from '../login/angel-api-url.ts';
import { checkEngineConfig, checkProxyConfig } from '../reload/start-checks.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome } from './finding.ts';

type Refuse = (context: DoctorContext) => unknown;

const OF_CLIENTS: Refuse = ({ config, cwd }) => chooseListenerTls(config, cwd);
const OF_OPERATOR: Refuse = ({ config, cwd }) => checkOperatorConfig(config, cwd);
const OF_BROKER: readonly Refuse[] = [
  OF_OPERATOR,
  ({ config, cwd }) => chooseCurveServer(config, cwd),
  ({ config, cwd }) => chooseMarketCalendar(config, cwd),
  ({ config }) => refusePlainStreams(config),
  ({ config }) => angelApiUrl(config),
];
const REFUSALS: Readonly<Record<DoctorContext['role'], readonly Refuse[]>> = {
  start: [OF_CLIENTS, ...OF_BROKER],
  feed: [({ config }) => refuseUnreachableBus(config), ...OF_BROKER],
  proxy: [
    OF_CLIENTS,
    OF_OPERATOR,
    ({ config }) => chooseCurveClient(config),
    ({ config }) => refuseUnreachableFeeds(config),
  ],
};

export const check: RunCheck = (context) => {
  const refusals = REFUSALS[context.role].flatMap((refuse) => refusalOf(() => refuse(context)));
  if (refusals.length > 0) return refusals;
  // As the start does it, which stops at the first: should it ever look at more than stands above, that is found too.
  const atStart = refusalOf(() => checkAsStart(context));
  if (atStart.length > 0) return atStart;
  const { config, sources, role } = context;
  const set = CONFIG_KEYS.filter((key) => sources[key] !== 'default').length;
  const source = role === 'proxy' ? '' : `, ticks come from ${config.broker}`;
  return [
    go(
      `valid: ${set === 0 ? 'all options as installed' : `${set} option${set === 1 ? ' is' : 's are'} set`}${source}`,
    ),
  ];
};

function checkAsStart({ config, cwd, role }: DoctorContext): void {
  if (role === 'proxy') checkProxyConfig(config, cwd);
  else checkEngineConfig(config, cwd, role === 'start');
}

/** The refusal of a configuration that cannot even be read. */
export function configurationRefused(error: TickwireError): Outcome {
  return noGo(
    `${error.code}: ${error.message}`,
    'Correct that, and run tickwire doctor again: nothing that depends on the configuration was looked at.',
  );
}

function refusalOf(refuse: () => unknown): Outcome[] {
  try {
    refuse();
    return [];
  } catch (error) {
    if (!(error instanceof TickwireError)) throw error;
    return [
      noGo(
        `${error.code}: ${error.message}`,
        'Correct that: the engine would not start. tickwire config shows what is set, and where.',
      ),
    ];
  }
}
