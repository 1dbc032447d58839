/**
 * The last two good instrument lists of a broker, as files beside the embedded database:
 *
 * | file | content |
 * | `<broker>.json` | which lists there are, newest first: date, hash, rows, address, and what the server gave along |
 * | `<broker>-<time>.list` | a list, unpacked |
 * | `<broker>-….new` | one that is on its way and proves nothing |
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Validators } from './list-download.ts';

/** Below the folder of the database. */
export const LIST_FOLDER = 'instruments';

const KEPT_LISTS = 2;
/** A file on its way that is older belongs to a process that is no more. */
const ABANDONED_AFTER_MS = 3_600_000;

export interface KeptList extends Validators {
  /** Name within the folder. */
  readonly file: string;
  /** ISO date and time. */
  readonly date: string;
  readonly sha256: string;
  readonly rows: number;
  /** Address or path that it came from. */
  readonly from: string;
}

export class ListFiles {
  readonly #folder: string;
  readonly #broker: string;

  /** @param folder is created if need be */
  constructor(folder: string, broker: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#broker = broker;
  }

  /** Newest first; none when nothing was kept or what was kept cannot be read. */
  lists(): readonly KeptList[] {
    return readKeptLists(this.#folder, this.#broker);
  }

  /** Path for a list that is on its way. */
  temporary(): string {
    this.#removeAbandoned();
    return join(this.#folder, `${this.#broker}-${process.pid}-${performance.now()}.new`);
  }

  /** Keeps a list that has proved itself, and removes those that are older than the one before it. */
  keep(temporary: string, list: Omit<KeptList, 'file'>): void {
    const file = `${this.#broker}-${list.date.replace(/\D/g, '')}.list`;
    renameSync(temporary, join(this.#folder, file));
    const earlier = this.lists().filter((each) => each.file !== file);
    // The same list once more takes no place from the one before it.
    const others = earlier.filter(({ sha256 }) => sha256 !== list.sha256);
    const lists = [{ file, ...list }, ...others].slice(0, KEPT_LISTS);
    const index = `${this.#indexPath()}.new`;
    writeFileSync(index, `${JSON.stringify(lists, null, 2)}\n`, { flush: true });
    renameSync(index, this.#indexPath());
    syncFolder(this.#folder);
    for (const each of earlier) {
      if (!lists.includes(each)) rmSync(join(this.#folder, each.file), { force: true });
    }
  }

  #indexPath(): string {
    return indexPath(this.#folder, this.#broker);
  }

  #removeAbandoned(): void {
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      if (!name.startsWith(`${this.#broker}-`) || !name.endsWith('.new')) continue;
      const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
      if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) rmSync(path, { force: true });
    }
  }
}

/** The lists of a broker, newest first, without making the folder; none when what was kept cannot be read. */
export function readKeptLists(folder: string, broker: string): readonly KeptList[] {
  try {
    const lists: unknown = JSON.parse(readFileSync(indexPath(folder, broker), 'utf8'));
    return Array.isArray(lists) ? (lists as KeptList[]) : [];
  } catch {
    return [];
  }
}

function indexPath(folder: string, broker: string): string {
  return join(folder, `${broker}.json`);
}

/** Makes the renaming last; Windows neither needs nor allows it. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
