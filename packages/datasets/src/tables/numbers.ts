// Numbers as people write them.

/** With a decimal point. */
const POINT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** With a decimal point and thousands marks: 1,234.5. */
const POINT_THOUSANDS = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
/** With a decimal comma: 1,5 and 1.234,5 and 1.234.567. */
const COMMA = /^[+-]?((\d{1,3}(\.\d{3})+|\d+)(,\d*)?|,\d+)([eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(inity)?$/i;
/** A code rather than a number: 007, 02139. */
const LEADING_ZERO = /^[+-]?0\d+$/;
const DIGITS = /^[+-]?\d{16,}$/;

/** How numbers of a column are written: `point` 1,234.5 or 1234.5; `comma` 1.234,5 or 1234,5. */
export type Decimal = 'point' | 'comma';

const [ZERO, PLUS, MINUS] = [48, 43, 45];

/** The number that a text is, with a decimal point; undefined for all else. Thousands marks are allowed; infinite if it says so, or is too large. */
export function pointNumber(text: string): number | undefined {
  const value = Number(text);
  // Number() reads more than people write: '' as 0, '0x10' as 16.
  if (value - value === 0) return isPlain(text) ? value : undefined;
  if (POINT.test(text)) return value;
  if (POINT_THOUSANDS.test(text)) return Number(text.replaceAll(',', ''));
  if (INFINITE.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // The minus of typography.
  return text.charCodeAt(0) === 0x2212 ? pointNumber(`-${text.slice(1)}`) : undefined;
}

/** The number that a text is, with a decimal comma. */
export function commaNumber(text: string): number | undefined {
  if (COMMA.test(text)) return Number(text.replaceAll('.', '').replace(',', '.'));
  return INFINITE.test(text) ? pointNumber(text) : undefined;
}

export const numberOf = (text: string, decimal: Decimal): number | undefined =>
  decimal === 'point' ? pointNumber(text) : commaNumber(text);

/** Whether a text is a number in one of the ways. */
export const isNumberText = (text: string): boolean => pointNumber(text) !== undefined || COMMA.test(text);

/** Whether a text with a decimal point could as well have a thousands mark, or the other way round: 1,234. */
export const isAmbiguous = (text: string): boolean => /^[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*$/.test(text);

/** Whether a text of digits is a code rather than a number: it begins with 0, or has more digits than a number keeps. */
export function isCode(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first !== ZERO && first !== PLUS && first !== MINUS && text.length < 16) return false;
  return LEADING_ZERO.test(text) || (DIGITS.test(text) && isRounded(text));
}

/** Whether a whole number is another one as a 64-bit float, and would be written otherwise. */
function isRounded(text: string): boolean {
  const bare = text.replace('+', '');
  const value = Number(bare);
  return String(value) !== bare && BigInt(value) !== BigInt(bare);
}

/** No letter but the e of an exponent. */
function isPlain(text: string): boolean {
  const { length } = text;
  if (length === 0) return false;
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c > 57 && c !== 101 && c !== 69) return false;
    if (c < 43) return false;
  }
  return true;
}
