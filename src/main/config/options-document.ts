/** The reference of all options, OPTIONS.md, as the declarations have it. */
import { CONFIG_KEYS, CONFIG_OPTIONS, type ConfigKey } from '../config-options.ts';
import { BUS_OPTIONS } from './bus-options.ts';
import { CLIENT_OPTIONS } from './client-options.ts';
import { DRAIN_OPTIONS } from './drain-options.ts';
import { ENGINE_OPTIONS } from './engine-options.ts';
import { ENTITLEMENT_OPTIONS } from './entitlement-options.ts';
import { FEED_OPTIONS } from './feed-options.ts';
import { formatValue } from './format-config.ts';
import { LIMIT_OPTIONS } from './limit-options.ts';
import { LISTENER_OPTIONS } from './listener-options.ts';
import { LOGIN_OPTIONS } from './login-options.ts';
import { OPENALGO_OPTIONS } from './openalgo-options.ts';
import { OPS_OPTIONS } from './ops-options.ts';
import { RECORDING_OPTIONS } from './recording-options.ts';
import { SESSION_OPTIONS } from './session-options.ts';
import { SLOW_OPTIONS } from './slow-options.ts';

/** In the order in which somebody who sets Tickwire up meets them. */
const GROUPS: readonly (readonly [title: string, options: object])[] = [
  ["OpenAlgo's options", OPENALGO_OPTIONS],
  ['Broker', FEED_OPTIONS],
  ['Login and instruments without OpenAlgo', LOGIN_OPTIONS],
  ['Engine', ENGINE_OPTIONS],
  ["Clients' listener", LISTENER_OPTIONS],
  ['Limits of clients', LIMIT_OPTIONS],
  ['Slow clients', SLOW_OPTIONS],
  ['Sessions of clients', SESSION_OPTIONS],
  ['Roles and keys', ENTITLEMENT_OPTIONS],
  ['Bus', BUS_OPTIONS],
  ['Dashboard, metrics and health', OPS_OPTIONS],
  ['Stop and control', DRAIN_OPTIONS],
  ['Black box', RECORDING_OPTIONS],
  ['Commands that connect as clients', CLIENT_OPTIONS],
];

const HEAD = `# Options

Every option of Tickwire, written by \`npm run generate\` from the declarations that the program itself reads.

An option is a flag (\`--log-level debug\`), an environment variable, or a line in the \`.env\` file of the working directory
(\`LOG_LEVEL=debug\`). The first that is given, in this order, counts; then the preset, then the default. An unknown flag, or an unknown
name that begins with \`TICKWIRE_\`, ends the start, and so does a value that is not allowed. \`tickwire config\` prints the values in force,
and where each came from.

*Changed by* says what it takes for another value: **reload** stands for \`tickwire reload\` or SIGHUP, which reach clients that are
connected too; **restart** for another start.
`;

/** The whole text, with a line end behind it. */
export function optionsDocument(): string {
  return [HEAD, ...GROUPS.map(([title, options]) => section(title, keysOf(options)))].join('\n');
}

function keysOf(options: object): readonly ConfigKey[] {
  return CONFIG_KEYS.filter((key) => Object.hasOwn(options, key));
}

function section(title: string, keys: readonly ConfigKey[]): string {
  return `## ${title}

| name and flag | meaning | type | allowed | default | changed by |
| --- | --- | --- | --- | --- | --- |
${keys.map(row).join('\n')}
`;
}

function row(key: ConfigKey): string {
  const { env, flag, type, unit, doc, expected, reloadable, secret, default: value } = CONFIG_OPTIONS[key];
  const form = type === 'boolean' ? `--[no-]${flag}` : `--${flag}`;
  const kind = `${secret ? 'secret ' : ''}${type}${unit === null ? '' : `, ${unit}`}`;
  const cells = [
    `\`${env}\` \`${form}\``,
    doc,
    kind,
    expected,
    formatValue(key, value),
    reloadable ? 'reload' : 'restart',
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
