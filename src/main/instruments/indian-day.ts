const INDIA_OFFSET_MS = 5.5 * 3_600_000;

/** The date in India, which knows no summer time, as the number YYYYMMDD. @param nowMs epoch milliseconds */
export function indianDay(nowMs: number): number {
  const date = new Date(nowMs + INDIA_OFFSET_MS);
  return (date.getUTCFullYear() * 100 + date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}

/** Minutes since midnight in India. @param nowMs epoch milliseconds */
export function indianMinuteOfDay(nowMs: number): number {
  const date = new Date(nowMs + INDIA_OFFSET_MS);
  return date.getUTCHours() * 60 + date.getUTCMinutes();
}
