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

/** What stands before the numbers of a column and behind them, such as `$` or `kg`. */
export interface Affix {
  readonly before: string;
  readonly behind: string;
}

/** Money by its signs, and by the codes of ISO 4217 that are written most. */
const MONEY = String.raw`[$€£¥₹₩₽₺₴₪฿₫₱]|[ACNHS]\$|US\$|R\$|kr\.?|zł|Kč|USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|BRL|MXN|ZAR|KRW|TRY`;
/** Units of the SI and of daily life. Not a lone letter that grades, sizes and names have too. */
const UNIT = [
  '[%‰°]|°\\s?[CFK]|ppm|ppb',
  '[kmµuc]?g|kilo|mg|lbs?|oz|[tT]ons?|tonnes?',
  '[kcmdµun]?m|mi|miles?|ft|feet|in|inch(es)?|yd|["\u2032\u2033]',
  '[kcm]?m[²2³3]|m\\^[23]|sq\\.?\\s?(ft|m|km)|ha|acres?',
  '[mcd]?[lL]|hl|gal|mpg|l/100\\s?km|kmpl|km/l|km/kg',
  'km/h|kmh|kph|mph|m/s|kn|knots?|rpm|m/s[²2]',
  '[munµ]?s|secs?|seconds?|mins?|minutes?|hrs?|hours?|h|days?|weeks?|months?|mos?|yrs?|years?',
  '[kMGT]?Hz|[mkMG]?W|[kMG]?Wh|[mk]?V|m?A|m?Ah|k?J|k?cal|bhp|hp|PS|[kM]?N|Nm|cc',
  '[hkM]?Pa|m?bar|psi|mmHg|dB|dBm|lx|lm|ml|px|dpi|fps',
  '[kKMGT]i?B|bytes?|[kMG]bps|[kMG]bit/s',
].join('|');
const AFFIXED = new RegExp(
  String.raw`^([+−-]?)\s*((?:${MONEY})?)\s*([+−-]?(?:\d[\d.,'\u2019]*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*((?:${MONEY}|${UNIT})?)$`,
);

/** A number with what stands around it; undefined for a text that is none, or has nothing around it. */
export function affixed(text: string): { readonly number: string; readonly affix: Affix } | undefined {
  if (text.length > LONGEST_AFFIXED || !/\d/.test(text)) return undefined;
  // Accounts have losses in brackets.
  const bare = text.startsWith('(') && text.endsWith(')') ? `-${text.slice(1, -1)}` : text;
  const [, sign = '', before = '', digits = '', behind = ''] = AFFIXED.exec(bare.trim()) ?? [];
  if (digits === '' || (before === '' && behind === '' && bare === text)) return undefined;
  if (sign !== '' && /^[+−-]/.test(digits)) return undefined;
  const number = `${sign}${digits}`.replace('−', '-').replace(/(?<=\d)['\u2019](?=\d{3})/g, '');
  return {
    number: INDIAN.test(number) ? number.replaceAll(',', '') : number,
    affix: { before, behind: behind.replace(ONE_OF_SEVERAL, '$1') },
  };
}

/** Thousands, and hundreds of them: 1,23,456. */
const INDIAN = /^[+-]?\d{1,2}(,\d\d)+,\d{3}(\.\d*)?$/;
/** One day, two days; one inch, two inches. */
const ONE_OF_SEVERAL = /^(day|week|month|hour|hr|minute|min|second|sec|year|yr|mile|lb|ton|tonne|knot|byte|acre|mo|inch)e?s$/;

/** Whether what stands around numbers says that they are money. */
export const isMoney = ({ before, behind }: Affix): boolean => IS_MONEY.test(before || behind);

const IS_MONEY = new RegExp(`^(?:${MONEY})$`);

/** Characters of the longest amount. */
const LONGEST_AFFIXED = 40;
