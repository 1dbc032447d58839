/**
 * A finite double as Python writes it: the shortest digits that read back as the same number, a point always, an
 * exponent of at least two digits below 1e-4 and from 1e16 on. Allocates: for the values that are no plain integers.
 */
export function pythonFloat(value: number): string {
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  // JavaScript writes these without exponent too, with the same digits.
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
