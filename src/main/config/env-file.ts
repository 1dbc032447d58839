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

/**
 * The pairs of the `.env` file in `cwd`, as python-dotenv reads OpenAlgo's; empty if there is no such file (a folder of
 * that name, as Python's venv makes it, counts as none). The process's environment is not touched.
 *
 * @throws TickwireError CONFIG_INVALID if the file is there but cannot be read
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
  return parseEnvFile(text);
}

/** The pairs in the text of an env file. */
export function parseEnvFile(text: string): Readonly<Record<string, string | undefined>> {
  const withoutByteOrderMark = text.replace(/^\uFEFF/, '');
  return parseEnv(withoutByteOrderMark.replace(BLANK_VALUE, "$1''").replace(VALUE_WITH_HASH, "$1'$2'"));
}
