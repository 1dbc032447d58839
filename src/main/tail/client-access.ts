/** Where `tickwire tail` connects, and with which key. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLoopback } from '../config/loopback.ts';
import type { LoadedConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import { openExistingDatabase } from '../database/open-database.ts';
import { TickwireError } from '../errors.ts';
import { ownUrl } from './own-url.ts';
import { trustOwnCertificate } from './trust-own-certificate.ts';

export interface GivenAccess {
  readonly url: string | undefined;
  readonly key: string | undefined;
  /** Path, or `-` for the standard input. */
  readonly keyFile: string | undefined;
}

export interface ClientAccess {
  readonly url: string;
  readonly key: string;
}

const STDIN = 0;

/**
 * What was given, else what is configured; in the demo that is the engine of this directory, with its demo key. That key never
 * goes to another host.
 *
 * @throws TickwireError COMMAND_INVALID for an address that is none, CLIENT_KEY_MISSING, ENGINE_UNREACHABLE where the engine of
 *   this directory serves no clients, and those of the database
 */
export async function clientAccess(
  given: GivenAccess,
  loaded: LoadedConfig,
  cwd: string,
): Promise<ClientAccess> {
  const { config } = loaded;
  if (given.url === undefined) trustOwnCertificate(config, cwd);
  const url = given.url === undefined ? await ownUrl(loaded, cwd) : readUrl(given.url);
  return { url, key: givenKey(given, cwd) ?? config.clientKey ?? demoKeyFor(url, config, cwd) };
}

function readUrl(text: string): string {
  const scheme = URL.canParse(text) ? new URL(text).protocol : '';
  if (scheme === 'ws:' || scheme === 'wss:') return text;
  throw new TickwireError(
    'COMMAND_INVALID',
    `--url is "${text}"; it must have the form ws://host:port or wss://host:port.`,
  );
}

function givenKey({ key, keyFile }: GivenAccess, cwd: string): string | undefined {
  if (key !== undefined && keyFile !== undefined) {
    throw new TickwireError('COMMAND_INVALID', 'Either --key or --key-file, not both.');
  }
  if (keyFile === undefined) return key;
  let text: string;
  try {
    text = readFileSync(keyFile === '-' ? STDIN : resolve(cwd, keyFile), 'utf8').trim();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TickwireError('CLIENT_KEY_MISSING', `--key-file cannot be read: ${reason}.`, { cause });
  }
  if (text !== '' && !/\s/.test(text)) return text;
  throw new TickwireError('CLIENT_KEY_MISSING', `${keyFile} must have one API key and nothing else.`);
}

function demoKeyFor(url: string, config: Config, cwd: string): string {
  const advice =
    'Set TICKWIRE_CLIENT_KEY in the environment or in .env, or name a file with --key-file; on the command line (--key) other ' +
    'users of this machine can read it.';
  if (!isLoopback(new URL(url).hostname)) {
    throw new TickwireError(
      'CLIENT_KEY_MISSING',
      `${url} is on another host, which wants an API key. ${advice}`,
    );
  }
  if (config.databaseUrl !== null) {
    const message = "Keys in OpenAlgo's database cannot be read back: take one from OpenAlgo's API key page.";
    throw new TickwireError('CLIENT_KEY_MISSING', `${message} ${advice}`);
  }
  // Looking must neither create a database, whose key no engine would know, nor need the right to write.
  const database = openExistingDatabase(config, cwd);
  const key = database?.demoKey ?? null;
  database?.close();
  if (key !== null) return key;
  const message = `No engine has been started in ${cwd}, so there is no demo key: run tickwire start here, or go where it runs.`;
  throw new TickwireError('CLIENT_KEY_MISSING', `${message} For another engine: ${advice}`);
}
