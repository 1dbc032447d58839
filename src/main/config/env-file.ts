import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { TickwireError } from '../errors.ts';

export const ENV_FILE = '.env';

/** An unquoted value with a `#` inside: Node.js would cut it there, python-dotenv cuts only at a blank before the `#`. */
const VALUE_WITH_HASH =
  /^([ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*)([^\s'"`#][^\s'"`#]*#(?:(?![ \t]+#)[^\r\n'"`])*?)(?:[ \t]+#.*)?[ \t]*$/gm;

/** A key without a value, or with blanks for one: Node.js would take the next line for the value, and that line's key would be missing. */
const BLANK_VALUE = /^([ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=)[ \t]*(?=\r?$)/gm;

/** What stands on a line before a value. */
const BEFORE_VALUE = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*$/;
const QUOTES = ['"', "'", '`'] as const;

/**
 * The pairs of the `.env` file in `cwd`, as python-dotenv reads OpenAlgo's; empty if there is no such file (a folder of
 * that name, as Python's venv makes it, counts as none). The process's environment is not touched.
 *
 * @throws TickwireError CONFIG_INVALID if the file is there but cannot be read, or has a quote that nothing closes
 */
export function readEnvFile(cwd: string): Readonly<Record<string, string | undefined>> {
  const path = join(cwd, ENV_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return {};
    throw new TickwireError(
      'CONFIG_INVALID',
      `${path} cannot be read (${code}); make it readable or remove it.`,
      {
        cause,
      },
    );
  }
  return parseEnvFile(text, path);
}

/**
 * The pairs in the text of an env file.
 *
 * @param path what the file is called in an error
 * @throws TickwireError CONFIG_INVALID for a value that begins with a quote which nothing closes
 */
export function parseEnvFile(text: string, path = ENV_FILE): Readonly<Record<string, string | undefined>> {
  // A comment, not quotes: those would close a quote that is open above them.
  const filled = text.replace(/^\uFEFF/, '').replace(BLANK_VALUE, '$1 #');
  refuseOpenQuote(filled, path);
  return parseEnv(filled.replace(VALUE_WITH_HASH, "$1'$2'"));
}

/**
 * Node.js looks for the closing quote up to the end of the file; where there is none, it takes the line as it stands, the
 * quote included: half a key for a key, in a file that is being written.
 */
function refuseOpenQuote(text: string, path: string): void {
  const pairs = parseEnv(text);
  for (const quote of QUOTES) {
    // One that is open is the last of its kind.
    const at = text.lastIndexOf(quote);
    if (at < 0) continue;
    const lines = text.slice(0, at).split('\n');
    const key = BEFORE_VALUE.exec(lines.at(-1) ?? '')?.[1];
    if (key === undefined || !Object.hasOwn(pairs, key) || !pairs[key]?.startsWith(quote)) continue;
    throw new TickwireError(
      'CONFIG_INVALID',
      `${path}, line ${lines.length}: the value of ${key} begins with ${quote} and nothing closes it. Close the quote; ` +
        'where the file was only half written, write it again as a whole.',
    );
  }
}
