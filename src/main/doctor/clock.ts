/**
 * This machine's clock against that of the broker, from the `Date` of its web server, which has whole seconds: good enough to
 * find a clock that makes one-time codes, market hours and delays wrong, and no better.
 */
import { type BrokerRow, streamKey } from '../brokers/broker-registry.ts';
import { brokersInUse } from './brokers-in-use.ts';
import type { DoctorContext, RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { type DateAnswer, serverDate } from './server-date.ts';

/** The header is cut to the second. */
const RESOLUTION_MS = 1000;
/** Beyond it delays and ages of ticks mislead. */
const NOTABLE_MS = 1000;
/** The time that a one-time code is good for: a login fails, and sessions begin and end at the wrong time. */
const WRONG_MS = 30_000;
const SET_CLOCK =
  'Let the system keep its clock: timedatectl set-ntp true, or chronyd; on Windows w32tm /resync.';

export const check: RunCheck = async (context) => {
  const brokers = await brokersInUse(context);
  if (brokers.length === 0) {
    return [go('the simulated exchange goes by this clock: there is nothing to compare it with')];
  }
  return Promise.all(brokers.map((broker) => compareWith(broker, context)));
};

async function compareWith(
  { name, stream, instruments }: BrokerRow,
  { config }: DoctorContext,
): Promise<Outcome> {
  const address = config[streamKey(name)];
  const addresses = [address.replace(/^ws/, 'http')];
  // Whoever has named another address shall not have this one's owner asked instead.
  if (address === stream.url) addresses.push(...(instruments?.urls ?? []));
  const refusals: string[] = [];
  for (const each of addresses) {
    const answer = await serverDate(each);
    if (answer.status === 'date') return judge(answer, new URL(each).host);
    if (answer.status === 'untrusted') return untrusted(answer.reason);
    refusals.push(`${new URL(each).host}: ${answer.reason}`);
  }
  return warn(
    `the clock could not be compared, nor that the broker can be reached: ${refusals.join('; ')}`,
    'Look at network, DNS and firewall of this machine; without them there are no ticks either.',
  );
}

/** The server made its answer between our two looks at the clock, in the second that it names. */
function judge({ sentAt, receivedAt, date }: Extract<DateAnswer, { status: 'date' }>, host: string): Outcome {
  const most = receivedAt - date;
  const least = sentAt - (date + RESOLUTION_MS);
  const surely = least > 0 ? least : Math.max(0, -most);
  const found =
    surely === 0
      ? `agrees with ${host}, as far as a time in whole seconds tells (ours is ahead by ${seconds(least)} to ${seconds(most)} s)`
      : `is ${least > 0 ? 'ahead of' : 'behind'} ${host} by ${seconds(Math.min(Math.abs(least), Math.abs(most)))} to ${seconds(Math.max(Math.abs(least), Math.abs(most)))} s`;
  if (surely >= WRONG_MS) {
    return noGo(`${found}: one-time codes are refused, and market hours are judged wrongly`, SET_CLOCK);
  }
  return surely >= NOTABLE_MS ? warn(`${found}: delays and ages of ticks mislead`, SET_CLOCK) : go(found);
}

function untrusted(reason: string): Outcome {
  return noGo(
    `the broker's certificate is refused, as the feed would refuse it: ${reason}`,
    `Look at this machine's date first, since certificates are good for a time only. ${SET_CLOCK}`,
  );
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
