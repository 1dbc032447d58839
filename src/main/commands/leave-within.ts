/**
 * Ends a process that has done its work and is kept by something that may never end. One that nothing keeps ends by itself,
 * before that.
 *
 * @param ms from now until then
 * @param end called once everything that was written is out; the exit code is `process.exitCode` where it is left out
 */
export function leaveWithin(ms: number, end: () => void = () => process.exit()): void {
  const leave = () => process.stdout.write('', () => process.stderr.write('', end));
  setTimeout(leave, ms).unref();
}
