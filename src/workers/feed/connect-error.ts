/** Codes with which TLS refuses a certificate since nobody known has signed it. All other refusals say what is wrong. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/**
 * Why a connection to a server elsewhere did not come about, for people. Of a certificate that was refused it names the server,
 * and what to do where the certificate is the right one: there is no switch that leaves the check out.
 *
 * @param url the server's address, of which only host and port are shown
 */
export function describeConnectError(error: Error, url: string): string {
  const code = 'code' in error ? String(error.code) : '';
  if (!UNKNOWN_ISSUER.has(code)) return error.message;
  return (
    `${error.message}: nobody that this host trusts has signed what ${new URL(url).host} shows. If it is the right server, ` +
    'name a PEM file with its issuer in NODE_EXTRA_CA_CERTS and start again'
  );
}
