type Operation = (...operands: unknown[]) => unknown;

const OPERATIONS = ['load', 'store', 'add'] as const;

/**
 * Runs `body` and calls `step` before each of its atomic operations, the only places where one thread can tell what
 * another has done. `step` does what another thread might do there, or throws to kill the thread that `body` stands for.
 */
export function betweenAtomics(step: (operation: number) => void, body: () => void): void {
  const atomics: object = Atomics;
  const originals = new Map<string, Operation>();
  let operation = 0;
  let inStep = false;
  for (const name of OPERATIONS) {
    const original: Operation = Reflect.get(atomics, name);
    originals.set(name, original);
    const wrapped: Operation = (...operands) => {
      if (!inStep) {
        inStep = true;
        try {
          step(operation++);
        } finally {
          inStep = false;
        }
      }
      return original(...operands);
    };
    Reflect.set(atomics, name, wrapped);
  }
  try {
    body();
  } finally {
    for (const [name, original] of originals) Reflect.set(atomics, name, original);
  }
}

/** Runs `body` and kills it before its atomic operation number `operation`. Returns whether it got that far. */
export function killedAt(operation: number, body: () => void): boolean {
  const killed = new Error('killed');
  try {
    betweenAtomics((n) => {
      if (n === operation) throw killed;
    }, body);
  } catch (error) {
    if (error !== killed) throw error;
    return true;
  }
  return false;
}
