/**
 * Everything that outlives a function call and must not outlive the program: processes, threads, directories. Each is
 * released when its scenario ends, and all of them when the program is interrupted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Release = () => Promise<void> | void;

export class Cleanup {
  readonly #releases: Release[] = [];
  readonly #directories = new Set<string>();

  constructor() {
    // The last resort, for an end that nobody foresaw. Child processes see that their parent is gone and leave.
    process.on('exit', () => this.#removeDirectories());
  }

  /** @param release called once, after everything that was added later */
  add(release: Release): void {
    this.#releases.push(release);
  }

  /** An empty directory that is removed with the rest. */
  temporaryDirectory(): string {
    const path = mkdtempSync(join(tmpdir(), 'tickwire-bench-'));
    this.#directories.add(path);
    return path;
  }

  /** Releases everything, also when some of it fails. @throws AggregateError with all the failures */
  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#removeDirectories();
    if (errors.length > 0) throw new AggregateError(errors, 'the bench could not clean up');
  }

  #removeDirectories(): void {
    for (const path of this.#directories) rmSync(path, { recursive: true, force: true });
    this.#directories.clear();
  }
}
