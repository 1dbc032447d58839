/** The list of keys that may read the bus: a file with a public key a line, as the operator writes it. */
import { readFileSync } from 'node:fs';
import { parseCurveKey } from '../../workers/bus/curve-key.ts';
import { TickwireError } from '../errors.ts';

/**
 * Reads the list.
 *
 * @returns the keys, Z85, each once
 * @throws TickwireError CONFIG_INVALID, which names the file, the line and what is allowed there
 */
export function readAllowedKeys(path: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'Make it, with the public key of a proxy on each line.';
    throw new TickwireError(
      'CONFIG_INVALID',
      `TICKWIRE_CURVE_ALLOWED is "${path}", which cannot be read: ${reason}. ${advice}`,
      { cause },
    );
  }
  const keys = new Set<string>();
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const key = keyOfLine(line, `${path}:${i + 1}`);
    if (key !== null) keys.add(key);
  }
  return [...keys];
}

/** Null for a line without a key. What is no key is not repeated: it may be a secret one with a typing error. */
function keyOfLine(line: string, where: string): string | null {
  const text = line.trim();
  // No key in Z85 begins with #: it would stand for more than 32 bits can hold.
  if (text === '' || text.startsWith('#')) return null;
  const [word = '', next = ''] = text.split(/\s+/);
  const key = parseCurveKey(word);
  if (key !== undefined && (next === '' || next.startsWith('#'))) return key;
  const what = key === undefined ? `begins with ${word.length} characters` : 'has something behind its key';
  throw invalid(where, `${what}; it must be a public key (64 hex digits, or Z85), and # begins a comment`);
}

function invalid(where: string, what: string): TickwireError {
  return new TickwireError('CONFIG_INVALID', `TICKWIRE_CURVE_ALLOWED: ${where} ${what}.`);
}
