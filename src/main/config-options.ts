import { BUS_OPTIONS } from './config/bus-options.ts';
import { CLIENT_OPTIONS } from './config/client-options.ts';
import { DRAIN_OPTIONS } from './config/drain-options.ts';
import { ENGINE_OPTIONS } from './config/engine-options.ts';
import { ENTITLEMENT_OPTIONS } from './config/entitlement-options.ts';
import { FEED_OPTIONS } from './config/feed-options.ts';
import { LIMIT_OPTIONS } from './config/limit-options.ts';
import { LISTENER_OPTIONS } from './config/listener-options.ts';
import { LOGIN_OPTIONS } from './config/login-options.ts';
import { OPENALGO_OPTIONS } from './config/openalgo-options.ts';
import { OPS_OPTIONS } from './config/ops-options.ts';
import type { ConfigOption } from './config/option-kinds.ts';
import { RECORDING_OPTIONS } from './config/recording-options.ts';
import { SESSION_OPTIONS } from './config/session-options.ts';
import { SLOW_OPTIONS } from './config/slow-options.ts';

/** Every option of Tickwire, by its name in `Config`. */
export const CONFIG_OPTIONS = {
  ...OPENALGO_OPTIONS,
  ...FEED_OPTIONS,
  ...LOGIN_OPTIONS,
  ...BUS_OPTIONS,
  ...ENGINE_OPTIONS,
  ...ENTITLEMENT_OPTIONS,
  ...LIMIT_OPTIONS,
  ...LISTENER_OPTIONS,
  ...OPS_OPTIONS,
  ...SESSION_OPTIONS,
  ...DRAIN_OPTIONS,
  ...SLOW_OPTIONS,
  ...RECORDING_OPTIONS,
  ...CLIENT_OPTIONS,
};

export type ConfigKey = keyof typeof CONFIG_OPTIONS;

/** The values of all options, frozen. Durations are in milliseconds. */
export type Config = {
  readonly [K in ConfigKey]: (typeof CONFIG_OPTIONS)[K] extends ConfigOption<infer T> ? T : never;
};

/** Where a value came from. */
export type ConfigSource = 'flag' | 'environment' | '.env' | 'preset' | 'default';

export type ConfigSources = { readonly [K in ConfigKey]: ConfigSource };

/** The names in the order of their declaration. */
export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly ConfigKey[];
