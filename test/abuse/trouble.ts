/** Lines of the engine's log that say that something of the engine's own went wrong. */

const ERROR_LEVEL = 50;
const KEPT = 5;

/** @param output log lines as JSON, among others that are none */
export function readTrouble(output: string): string[] {
  const found = output.split('\n').filter((line) => {
    if (!line.startsWith('{')) return /^\s+at |Error: /.test(line);
    try {
      return Number((JSON.parse(line) as { level?: unknown }).level) >= ERROR_LEVEL;
    } catch {
      return false;
    }
  });
  return found.slice(0, KEPT).map((line) => `the engine's log: ${line.slice(0, 300)}`);
}
