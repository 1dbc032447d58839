/** A text as it may be shown: where it is an address with a user's password, that is taken out. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/:@\s]*):[^@\s]*@/, '$1:(hidden)@');
}
