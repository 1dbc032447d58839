/** `tickwire login angel`: a broker session without OpenAlgo, into the embedded database. */

import { loadConfig } from '../config.ts';
import { CONFIG_OPTIONS, type Config } from '../config-options.ts';
import { DEMO_USER } from '../database/demo-seed.ts';
import { openOwnDatabase } from '../database/own-database.ts';
import { TickwireError } from '../errors.ts';
import { LOGIN } from '../help/market-forms.ts';
import { angelApiUrl } from '../login/angel-api-url.ts';
import {
  type AngelLoginOptions,
  describeFailure,
  describeSkew,
  logIn,
  renewSession,
} from '../login/angel-login.ts';
import { ask, type Terminal } from '../login/ask.ts';
import { LoginLimits } from '../login/login-limits.ts';
import { LoginStore, type StoredLogin } from '../login/login-store.ts';
import { clientAddresses, SmartApi } from '../login/smart-api.ts';
import { readTotpSource } from '../login/totp-source.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

const BROKER = 'angel';

export const run: RunCommand = async ({ argv, env, cwd, print, printError }) => {
  const { words, flags, rest } = readCommandArguments(LOGIN, argv);
  if (words[0] !== BROKER) {
    throw new TickwireError(
      'COMMAND_INVALID',
      `There is no login to "${words[0]}"; there is one to ${BROKER}.`,
    );
  }
  const { config } = loadConfig({ argv: rest, env, cwd });
  const baseUrl = angelApiUrl(config);
  const database = openOwnDatabase(config, cwd, "the broker's session is");
  try {
    const store = new LoginStore(database);
    const user = flags.user ?? DEMO_USER;
    const stored = store.read(user);
    const client = clientAddresses({
      localIp: config.angelLocalIp,
      publicIp: config.angelPublicIp,
      mac: config.angelMac,
    });
    const open = (apiKey: string): AngelLoginOptions => ({
      api: new SmartApi({ baseUrl, apiKey, client }),
      limits: new LoginLimits(database.db),
      onWait: printError,
    });
    const { login, api } =
      flags.renew === undefined
        ? await fullLogin(open, new LoginInput(config), stored)
        : await renewal(open, stored, user);
    const newKey = store.hasUser(user) ? null : store.createUser(user);
    store.save(user, login, flags.renew === undefined ? 'login' : 'renewal');
    await tellProfile(api, login, print, printError);
    tellNext({ user, newKey, config }, print);
    return 0;
  } finally {
    database.db.close();
  }
};

interface Done {
  readonly login: StoredLogin;
  /** What speaks with the key of that login. */
  readonly api: SmartApi;
}

async function fullLogin(
  open: (apiKey: string) => AngelLoginOptions,
  input: LoginInput,
  stored: StoredLogin | null,
): Promise<Done> {
  const clientCode = await input.clientCode();
  // The stored key is of the stored account's app.
  const apiKey = await input.apiKey(stored?.clientCode === clientCode ? stored.apiKey : null);
  const pin = await input.pin();
  const totp = readTotpSource(await input.totp());
  const options = open(apiKey);
  const tokens = await logIn(options, { clientCode, pin, totp });
  return { login: { broker: BROKER, clientCode, apiKey, tokens }, api: options.api };
}

async function renewal(
  open: (apiKey: string) => AngelLoginOptions,
  stored: StoredLogin | null,
  user: string,
): Promise<Done> {
  if (stored === null) {
    throw new TickwireError(
      'LOGIN_SESSION_EXPIRED',
      `The user ${user} has no login that could be renewed; run tickwire login ${BROKER} without --renew.`,
    );
  }
  const options = open(stored.apiKey);
  const tokens = await renewSession(options, stored.tokens);
  return { login: { ...stored, tokens }, api: options.api };
}

/** The tokens are good already; what the broker says of them is worth a line, and its silence a warning. */
async function tellProfile(
  api: SmartApi,
  { clientCode, tokens }: StoredLogin,
  print: CommandContext['print'],
  printError: CommandContext['printError'],
): Promise<void> {
  const { answer, clockAheadMs } = await api.profile(tokens.authToken);
  const skew = describeSkew(clockAheadMs);
  if (!answer.ok) {
    const { message } = describeFailure('profile', answer, clockAheadMs);
    printError(`tickwire: logged in and stored, but: ${message}`);
    return;
  }
  const name = typeof answer.data.name === 'string' ? answer.data.name.trim() : '';
  if (skew !== '') printError(`tickwire: ${skew} One-time codes will be refused when it grows.`);
  print(`Logged in to Angel One as ${clientCode}${name === '' ? '' : ` (${name})`}.`);
}

interface Next {
  readonly user: string;
  readonly newKey: string | null;
  readonly config: Config;
}

function tellNext({ user, newKey, config }: Next, print: CommandContext['print']): void {
  print(`The session is stored for the user ${user} of the embedded database.`);
  if (newKey !== null) print(`API key of ${user}, shown this once: ${newKey}`);
  const start = config.broker === BROKER ? 'tickwire start' : `tickwire start --broker ${BROKER}`;
  print('Next:');
  print(`  tickwire instruments ${BROKER}   fetches the instrument list; a running engine does so every day`);
  print(`  ${start}   an engine that runs already takes the session up by itself`);
}

/** What a login needs: from the configuration, else from whoever sits at the terminal. */
class LoginInput {
  readonly #config: Config;
  readonly #terminal: Terminal = { input: process.stdin, output: process.stderr };

  constructor(config: Config) {
    this.#config = config;
  }

  async clientCode(): Promise<string> {
    return (await this.#get('angelClientCode', 'Client code', false)).trim().toUpperCase();
  }

  /** @param known taken where none is configured, null to ask then */
  async apiKey(known: string | null): Promise<string> {
    if (this.#config.brokerApiKey === null && known !== null) return known;
    return this.#get('brokerApiKey', 'API key of the app', true);
  }

  pin(): Promise<string> {
    return this.#get('angelPin', 'PIN', true);
  }

  totp(): Promise<string> {
    return this.#get('angelTotp', 'One-time code, or secret of the authenticator', true);
  }

  async #get(
    key: 'angelClientCode' | 'brokerApiKey' | 'angelPin' | 'angelTotp',
    question: string,
    isSecret: boolean,
  ): Promise<string> {
    const configured = this.#config[key];
    if (configured !== null) return configured;
    const { env } = CONFIG_OPTIONS[key];
    if (process.stdin.isTTY !== true) {
      const advice = `Set it in the environment or in .env, or run the command on a terminal, which asks for it.`;
      throw new TickwireError('LOGIN_INPUT_MISSING', `${question}: ${env} is not set. ${advice}`);
    }
    const answer = await ask(this.#terminal, question, isSecret);
    if (answer !== '') return answer;
    throw new TickwireError('LOGIN_INPUT_MISSING', `${question}: nothing was typed, and ${env} is not set.`);
  }
}
