/** Which segment: an account's at a broker, so that none hides behind another one of the same exchange. */
export interface SegmentKey {
  readonly broker: string;
  readonly account: string;
  readonly exchange: string;
}

/** As a map key: none of the parts can contain NUL. */
export function segmentName({ broker, account, exchange }: SegmentKey): string {
  return `${exchange}\0${broker}\0${account}`;
}
