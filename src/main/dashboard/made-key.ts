/** The admin key of an operator who has configured none. A supervising parent makes it, so that it outlives the engine's process. */
import { randomBytes } from 'node:crypto';

/** Not `TICKWIRE_…`: that is what users configure. */
const VARIABLE = 'OPERATOR_KEY_OF_PARENT';
const KEY_BYTES = 24;

/** A key that nobody guesses; in a link it needs no escapes. */
export function makeOperatorKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

/** @returns the environment of a child that shall have the key: an argument would be seen by every user of the host */
export function handKey(env: NodeJS.ProcessEnv, key: string): NodeJS.ProcessEnv {
  return { ...env, [VARIABLE]: key };
}

/** Takes the parent's key out of the environment, where nothing else finds it then. @returns a new one where there is none */
export function takeKey(env: NodeJS.ProcessEnv): string {
  const key = env[VARIABLE] || makeOperatorKey();
  delete env[VARIABLE];
  return key;
}
