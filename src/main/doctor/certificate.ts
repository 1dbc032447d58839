/** The certificate of the listener: for how long clients will trust it. What else is wrong with it the configuration's check says. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chooseTlsFiles } from '../config/tls-files.ts';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export const check: RunCheck = ({ config, cwd, now }) => {
  const files = chooseTlsFiles(config, cwd);
  if (files === null) return [go('none: connections are without TLS')];
  const path = files.certFile;
  // Those of its issuers stand behind it, and end too.
  const text = readFileSync(path, 'utf8');
  return (text.match(PEM) ?? [text]).map((pem) => judge(new X509Certificate(pem), path, now));
};

function judge({ validFromDate, validToDate, subject }: X509Certificate, path: string, now: number): Outcome {
  const name = subject?.split('\n').at(-1) ?? 'a certificate without a name';
  const days = Math.floor((validToDate.getTime() - now) / DAY_MS);
  const until = `${path} (${name}) is good until ${validToDate.toISOString().slice(0, 10)}`;
  const renew =
    'Renew it (tickwire certificate makes one for development); a running engine takes it over with tickwire reload.';
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
