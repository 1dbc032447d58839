/** `tickwire certificate`: a certificate for development, which signs itself, and its key, in two files. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { TickwireError } from '../errors.ts';
import { CERTIFICATE } from '../help/setup-forms.ts';
import { type CertificatePair, makeCertificate } from '../ops/self-signed-certificate.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

/** How clients on this host call it. */
const OWN_HOSTS = ['localhost', '127.0.0.1', '::1'];
/** Within what browsers still take. */
const VALID_DAYS = 365;
const DAY_MS = 86_400_000;
const DEFAULT_DIRECTORY = 'tls';
const HOST_NAME = /^(?=.{1,253}$)[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?(\.[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?)*$/i;

export const run: RunCommand = async ({ argv, cwd, print }) => {
  const { flags } = readCommandArguments(CERTIFICATE, argv);
  const hosts = [...new Set([...OWN_HOSTS, ...readHosts(flags.host)])];
  const directory = resolve(cwd, flags.dir ?? DEFAULT_DIRECTORY);
  const certFile = join(directory, 'tickwire.crt');
  const keyFile = join(directory, 'tickwire.key');
  const validUntil = new Date(Date.now() + VALID_DAYS * DAY_MS);
  for (const path of [certFile, keyFile]) {
    if (existsSync(path)) throw unwritable(path, 'is there already, and may be in use');
  }
  const pair = await makeCertificate(hosts, validUntil);
  write(directory, { [keyFile]: pair.key, [certFile]: pair.cert });
  if (flags.json !== undefined) {
    print(JSON.stringify({ cert: certFile, key: keyFile, hosts, validUntil: validUntil.toISOString() }));
    return 0;
  }
  print(
    `# A certificate for ${hosts.join(', ')}, until ${validUntil.toISOString().slice(0, 10)}, in the form`,
  );
  print('# of .env. Nobody has signed it, so it is for development: give others one of a true authority.');
  print(`TICKWIRE_TLS_CERT='${certFile}'`);
  print(`TICKWIRE_TLS_KEY='${keyFile}'`);
  print('# Clients have to be told to trust it:');
  print(`#   Node.js   NODE_EXTRA_CA_CERTS='${certFile}'`);
  print(`#   Python    ssl.create_default_context(cafile='${certFile}')`);
  print('#   browsers  open https://localhost:8765/ and accept it');
  return 0;
};

function readHosts(text: string | undefined): string[] {
  const hosts = (text ?? '').split(',').map((host) => host.trim());
  const named = hosts.filter((host) => host !== '');
  const wrong = named.find((host) => isIP(host) === 0 && !HOST_NAME.test(host));
  if (wrong === undefined) return named;
  const message = `--host has "${wrong}"; it must be names and addresses separated by commas, without ports.`;
  throw new TickwireError('COMMAND_INVALID', message);
}

/** The key is for its owner alone, and neither file takes the place of another. */
function write(
  directory: string,
  files: Readonly<Record<string, CertificatePair[keyof CertificatePair]>>,
): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const [path, text] of Object.entries(files)) writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unwritable(directory, `cannot be written (${reason})`, cause);
  }
}

function unwritable(path: string, reason: string, cause?: unknown): TickwireError {
  const message = `${path} ${reason}. Name another directory with --dir.`;
  return new TickwireError('CERTIFICATE_UNWRITABLE', message, { cause });
}
