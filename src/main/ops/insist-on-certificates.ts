const SWITCH = 'NODE_TLS_REJECT_UNAUTHORIZED';

/**
 * Takes back what switches the check of certificates off for a whole Node.js process: tokens would go to whoever answers in the
 * broker's place. To be called before anything connects or starts a thread.
 *
 * @param env the process's environment, which is changed
 */
export function insistOnCertificates(env: NodeJS.ProcessEnv, warn: (line: string) => void): void {
  if (env[SWITCH] !== '0') return;
  delete env[SWITCH];
  warn(
    `tickwire: ${SWITCH}=0 has no effect: certificates are always verified. To trust an authority of your own, name a PEM ` +
      'file with its certificate in NODE_EXTRA_CA_CERTS.',
  );
}
