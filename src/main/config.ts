/**
 * How the configuration comes to be: flag, else environment, else the `.env` file of the working directory, else the
 * preset, else the default. It is read once, at start, and frozen.
 */
import { BROKER_ROWS, streamKey } from './brokers/broker-registry.ts';
import { ENV_FILE, readEnvFile } from './config/env-file.ts';
import { readFlagValues } from './config/flag-values.ts';
import { isLoopback } from './config/loopback.ts';
import { nearestName } from './config/nearest-name.ts';
import type { ConfigOption } from './config/option-kinds.ts';
import { PRESETS, type PresetName } from './config/presets.ts';
import { withoutPassword } from './config/without-password.ts';
import {
  CONFIG_KEYS,
  CONFIG_OPTIONS,
  type Config,
  type ConfigKey,
  type ConfigSource,
  type ConfigSources,
} from './config-options.ts';
import { TickwireError } from './errors.ts';

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: ConfigSources;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the values of each configuration came from. */
const SOURCES = new WeakMap<Config, ConfigSources>();

/** Null for a configuration that was not loaded here. */
export function sourcesOf(config: Config): ConfigSources | null {
  return SOURCES.get(config) ?? null;
}

/** Notes where values of a configuration came from that were taken out of another. */
export function takeSources(into: Config, from: Config, keys: readonly ConfigKey[]): void {
  const sources = SOURCES.get(from);
  if (sources === undefined) return;
  const taken = Object.fromEntries(keys.map((key) => [key, sources[key]]));
  SOURCES.set(into, { ...(SOURCES.get(into) ?? sources), ...taken });
}

/** What an unedited copy of OpenAlgo's sample file has in place of its secrets. */
const PLACEHOLDER = 'OPENALGO_PLACEHOLDER';

/**
 * Reads all options. `argv` holds flags only, without the command before them. A variable that is set to the empty text
 * counts as not set, as Compose files and OpenAlgo's sample file have it.
 *
 * @throws TickwireError CONFIG_INVALID, CONFIG_UNKNOWN_KEY or SECRET_PLACEHOLDER, naming the option and its value
 */
export function loadConfig(input: {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
}): LoadedConfig {
  const { env } = input;
  const flags = readFlagValues(input.argv);
  const envFile = readEnvFile(input.cwd);
  refuseUnknownKeys(env, 'the environment');
  refuseUnknownKeys(envFile, ENV_FILE);

  const values: Partial<Record<ConfigKey, unknown>> = {};
  const sources: Partial<Record<ConfigKey, ConfigSource>> = {};
  for (const key of CONFIG_KEYS) {
    const option = CONFIG_OPTIONS[key];
    const given = firstGiven(flags.get(key), env[option.env], envFile[option.env]);
    values[key] = given === null ? option.default : parseValue(option, given);
    sources[key] = given === null ? 'default' : given.source;
  }
  applyPreset(values, sources);
  // The loop has filled every key with its own option's value, which the type of a record built by key cannot tell.
  const given = values as Config;
  const chosen = choosePortPolicy(chooseBroker(given, sources as ConfigSources), sources as ConfigSources);
  const config = chooseTrustedProxies(chosen, sources as ConfigSources);
  refuseContradictions(config);
  SOURCES.set(config, sources as ConfigSources);
  return { config: Object.freeze(config), sources: Object.freeze(sources as ConfigSources) };
}

interface GivenText {
  readonly text: string;
  readonly source: Exclude<ConfigSource, 'preset' | 'default'>;
}

function firstGiven(
  flag: string | undefined,
  variable: string | undefined,
  line: string | undefined,
): GivenText | null {
  if (flag !== undefined) return { text: flag, source: 'flag' };
  if (variable) return { text: variable, source: 'environment' };
  return line ? { text: line, source: '.env' } : null;
}

function parseValue(option: ConfigOption<unknown>, given: GivenText): unknown {
  const name = given.source === 'flag' ? `--${option.flag}` : option.env;
  const origin =
    given.source === 'flag' ? '' : ` (from ${given.source === '.env' ? '.env' : 'the environment'})`;
  if (option.secret && given.text.startsWith(PLACEHOLDER)) {
    throw new TickwireError(
      'SECRET_PLACEHOLDER',
      `${name}${origin} still holds the text of OpenAlgo's sample file. Start OpenAlgo once, which puts a real ` +
        `value into its .env, or remove the line to run on the embedded database.`,
    );
  }
  const value = option.parse(given.text);
  if (value !== undefined) return value;
  const shown = option.secret ? `${given.text.length} characters long` : `"${withoutPassword(given.text)}"`;
  throw new TickwireError('CONFIG_INVALID', `${name} is ${shown}${origin}; it must be ${option.expected}.`);
}

/** Keys of other programs are none of our business; those with our prefix are, since a typo would go unnoticed. */
function refuseUnknownKeys(environment: Environment, origin: string): void {
  const names = CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key].env);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('TICKWIRE_') || names.includes(name)) continue;
    const bare = name.slice('TICKWIRE_'.length);
    const nearest = names.includes(bare) ? bare : nearestName(name, names);
    const advice = nearest === undefined ? 'See tickwire help options.' : `Did you mean ${nearest}?`;
    throw new TickwireError('CONFIG_UNKNOWN_KEY', `Unknown option ${name} in ${origin}. ${advice}`);
  }
}

/** What was given by hand stays. */
function applyPreset(
  values: Partial<Record<ConfigKey, unknown>>,
  sources: Partial<Record<ConfigKey, ConfigSource>>,
): void {
  const chosen: Partial<Config> = PRESETS[values.preset as PresetName];
  for (const key of CONFIG_KEYS) {
    if (sources[key] !== 'default' || chosen[key] === undefined) continue;
    values[key] = chosen[key];
    sources[key] = 'preset';
  }
}

/** Whoever configured a broker wants one; everybody else gets the simulated exchange. */
function chooseBroker(config: Config, sources: ConfigSources): Config {
  if (sources.broker !== 'default') return config;
  const addressed = BROKER_ROWS.find(({ name }) => sources[streamKey(name)] !== 'default');
  // An API key says nothing of whose it is; which broker a user has is in the database.
  const chosen = addressed ?? (sources.brokerApiKey === 'default' ? undefined : BROKER_ROWS[0]);
  return chosen === undefined ? config : { ...config, broker: chosen.name };
}

/** Whoever named a port, and every client of an OpenAlgo installation, expects that one and no other. */
function choosePortPolicy(config: Config, sources: ConfigSources): Config {
  const isPortExpected = sources.websocketPort !== 'default' || sources.databaseUrl !== 'default';
  return sources.portPolicy === 'default' && isPortExpected ? { ...config, portPolicy: 'fail' } : config;
}

/**
 * A reverse proxy on this host talks to a listener of this host. Where clients of other hosts come by themselves, whoever
 * comes from loopback is a user of this host, who could have any address counted as its own.
 */
function chooseTrustedProxies(config: Config, sources: ConfigSources): Config {
  const isOpen = !isLoopback(config.websocketHost);
  return sources.trustedProxies === 'default' && isOpen ? { ...config, trustedProxies: [] } : config;
}

function refuseContradictions(config: Config): void {
  for (const { heartbeat } of BROKER_ROWS) {
    if (heartbeat.intervalMs === null) continue;
    const deadAfterMs = config.feedDeadAfterMs ?? heartbeat.deadAfterMs;
    const pingIntervalMs = config.feedPingIntervalMs ?? heartbeat.intervalMs;
    refuseUnless(['feedDeadAfterMs', deadAfterMs], 'more than', ['feedPingIntervalMs', pingIntervalMs]);
  }
  refuseUnless(['reconnectMaxMs', config.reconnectMaxMs], 'at least', [
    'reconnectInitialMs',
    config.reconnectInitialMs,
  ]);
  refuseUnless(['slotWaitMaxMs', config.slotWaitMaxMs], 'at least', ['slotWaitMinMs', config.slotWaitMinMs]);
  refuseUnless(['recoveryMaxWaitMs', config.recoveryMaxWaitMs], 'at least', [
    'recoveryWaitMs',
    config.recoveryWaitMs,
  ]);
}

/** Refuses two options, each with its value in ms, that do not stand in this relation. */
function refuseUnless(
  [key, ms]: readonly [ConfigKey, number],
  relation: 'more than' | 'at least',
  [otherKey, otherMs]: readonly [ConfigKey, number],
): void {
  if (relation === 'more than' ? ms > otherMs : ms >= otherMs) return;
  throw new TickwireError(
    'CONFIG_INVALID',
    `${CONFIG_OPTIONS[key].env} is ${ms} ms; it must be ${relation} ${CONFIG_OPTIONS[otherKey].env}, ` +
      `which is ${otherMs} ms.`,
  );
}
