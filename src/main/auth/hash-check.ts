/** Checks a key against a slow hash in a thread of its own: a piscina task. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { matchesKeyHash } from './key-hash.ts';

/** Address of this file, with the extension of the running program. */
export const HASH_CHECK = new URL(import.meta.url);

/**
 * On Linux a thread has a nice value of its own, which those that the library starts for the lanes of a hash inherit. With
 * this one a thread gets a tenth beside another one that has work too.
 */
const NICE = 10;

export interface HashCheck {
  readonly hash: string;
  readonly key: string;
  readonly pepper: string;
}

export default function checkHash({ hash, key, pepper }: HashCheck): boolean {
  if (process.platform === 'linux') giveWay();
  return matchesKeyHash(hash, key, pepper);
}

/** Everything else goes before this thread from now on. Without `/proc`, or the right to do so, it stays as it is. */
function giveWay(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, NICE);
  } catch {
    // The check takes what the pauses between checks leave it.
  }
}
