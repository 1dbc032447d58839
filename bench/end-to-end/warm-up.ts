/** Load before anything counts, so that compilers have done their work and memory is where it stays. */
import type { ScenarioContext } from '../harness/scenario.ts';
import type { Lane } from './side-by-side.ts';

/**
 * Runs each lane once. A smoke run measures nothing and does without.
 *
 * @param seconds of each
 * @returns seconds that each of them took part
 */
export async function warmUp(
  { isSmoke, progress }: ScenarioContext,
  title: string,
  lanes: readonly Lane[],
  seconds: number,
): Promise<number> {
  if (isSmoke) return 0;
  for (const { name, stage, options } of lanes) {
    progress(`${title}: warm-up, ${name}`);
    await stage.run({ ...options, seconds });
  }
  return seconds;
}
