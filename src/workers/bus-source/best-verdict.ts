import type { VerifiedKey } from '../proxy/control-plane.ts';

/**
 * Of several verdicts about one key the best: the first good one that comes, else one that knows the key, else a refusal.
 *
 * @throws what a verdict was rejected with, when no other one knows the key: whoever could not be asked might know it
 */
export async function bestVerdict(verdicts: readonly Promise<VerifiedKey>[]): Promise<VerifiedKey> {
  const good = verdicts.map(async (verdict) => {
    const outcome = await verdict;
    return outcome.status === 'ok' ? outcome : Promise.reject();
  });
  const first = await Promise.any(good).catch(() => null);
  if (first !== null) return first;
  const settled = await Promise.allSettled(verdicts);
  const answers = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const known = answers.find(({ status }) => status === 'brokerError');
  if (known !== undefined) return known;
  const unasked = settled.find((each) => each.status === 'rejected');
  if (unasked !== undefined) throw unasked.reason;
  return answers[0]!;
}
