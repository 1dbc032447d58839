/** The certificate of the listener: for how long clients will trust it. That it can be served is the configuration's check. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export const check: RunCheck = ({ config, cwd, now }) => {
  if (config.tlsCert === null) return [go('none: clients connect without TLS')];
  const path = resolve(cwd, config.tlsCert);
  // Those of its issuers stand behind it, and end too.
  const certificates = (readFileSync(path, 'utf8').match(PEM) ?? []).map((pem) => new X509Certificate(pem));
  return certificates.map((each) => judge(each, path, now));
};

function judge({ validFromDate, validToDate, subject }: X509Certificate, path: string, now: number): Outcome {
  const name = subject?.split('\n').at(-1) ?? 'a certificate without a name';
  const days = Math.floor((validToDate.getTime() - now) / DAY_MS);
  const until = `${path} (${name}) is good until ${validToDate.toISOString().slice(0, 10)}`;
  const renew = 'Renew it (tickwire certificate makes one for development), and start the engine again.';
  if (validFromDate.getTime() > now) {
    return noGo(
      `${path} (${name}) is good only from ${validFromDate.toISOString()} on`,
      "Correct this machine's clock, or use a certificate that is good now.",
    );
  }
  if (days < 0)
    return noGo(`${path} (${name}) has expired on ${validToDate.toISOString()}: clients refuse it`, renew);
  return days < SOON_DAYS ? warn(`${until}, ${days} more days`, renew) : go(until);
}
