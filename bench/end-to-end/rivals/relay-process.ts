/** The process of a rival. */
import { join } from 'node:path';
import { ChildProgram } from '../../harness/child-program.ts';
import { type ProcessUsage, readProcessUsage } from '../../harness/process-usage.ts';
import type { ScenarioContext } from '../../harness/scenario.ts';
import { readThreadUsage, type ThreadUsage } from '../../harness/thread-usage.ts';
import type { ServerProcess } from '../contender.ts';
import type { RelayAddresses, RelayProgram } from './relay-program.ts';

export class RelayProcess implements ServerProcess {
  readonly #program: ChildProgram<RelayProgram>;

  /** @param script a file of this directory that calls `serveRelay` */
  constructor({ cleanup }: ScenarioContext, script: string) {
    this.#program = new ChildProgram(join(import.meta.dirname, script));
    cleanup.add(() => this.stop());
  }

  /** @returns where its clients connect */
  start(addresses: RelayAddresses): Promise<string> {
    return this.#program.call('start', addresses);
  }

  usage(): ProcessUsage | null {
    return readProcessUsage(this.#program.pid);
  }

  threads(): ReadonlyMap<number, ThreadUsage> | null {
    return readThreadUsage(this.#program.pid);
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
