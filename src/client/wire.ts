/** Messages as they come, before anything is known of them. */

export type WireMessage = { readonly [key: string]: unknown };

export function isMessage(value: unknown): value is WireMessage {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** null where the number is absent, or none that can be reckoned with: never a 0 that nobody sent. */
export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function messagesOf(value: unknown): readonly WireMessage[] {
  return Array.isArray(value) ? value.filter(isMessage) : [];
}
